"""No database: what pytest itself costs, which everything else is measured from."""
