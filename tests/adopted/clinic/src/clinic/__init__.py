"""Appointments with the doctors of a clinic."""
