"""URLs that tests have to refuse, by the rule that refuses them, and others.

`{port}` is the port of a server with a precious database, and that of the traps on
127.0.0.2 and in the directory `{traps}`; `{trap}` is the port of the trap on
127.0.0.1. Drivers take 127.1 for 127.0.0.1: it stands for a host elsewhere that they
would connect to.
"""

# Every password here is made of these, so that a part of one is noticed too.
SECRETS = ("swordfish", "letmein")
LOGIN = "postgres:swordfish%40letmein%3A%2F%23"
HERE = "127.0.0.1:{port}/shop_test"


def words(text: str) -> list[str]:
    """Return the words of a text, with LOGIN and HERE replaced."""
    return text.replace("LOGIN", LOGIN).replace("HERE", HERE).split()


# What refusals say.
HOST = "is not this machine. Fix: use localhost or a socket's directory"
NAME = "does not end in _test. Fix: name a database that is only for tests"
QUERY = "its query sets "
KIND = "Fix: give a postgresql:// URL"
FORM = "TEST_DATABASE_URL is not a database URL"
AT = "it contains an unescaped @. Fix: write %40"
OWN = "it may be the application's own database"
UNREADABLE = "DATABASE_URL is not a database URL"

HOSTS = words("""
    db.example.com 10.0.0.1 192.168.0.1 169.254.169.254 172.17.0.1 [::] [fe80::1]
    host.docker.internal ip6-localhost localhost.localdomain localh0st 0.0.0.0 127.1
    LOCALHOST.EXAMPLE.COM 2130706433 0x7f000001 0177.0.0.1 127.0.0.999 128.0.0.1
    127.0.0.1.nip.io %6Cocalhost %31%32%37.0.0.1 \uff4cocalhost 127.0.0\u30021 * . ~
    [::ffff:10.0.0.1] [127.1] [::1,127.1] [::1%lo] [::1%lo,127.1] [::1%25lo,127.1]
    [localhost,127.1] [::2] %2Ftmp
""")
LOOK_ALIKES = words("""
    X,127.1 127.1,X X,X X, ,X X%2C127.1 X%3A1,127.1 X. X.example.com X-example.com
    myX example.com.X X%2Eexample.com X%20 X;127.1 X\\127.1 X#127.1 'X'
""")
HOSTS += [look_alike.replace("X", "localhost") for look_alike in LOOK_ALIKES]
HOSTS += [look_alike.replace("X", "127.0.0.1") for look_alike in LOOK_ALIKES]
HOSTS += ["", " localhost", "localhost ", " 127.0.0.1", "127.0.0.1 "]

NAMES = words("""
    _test test tests %5Ftest postgres template1 shoptest test_precious TEST_precious
    _test_precious ../shop_test /shop_test shop%2Fshop_test shop_test/ shop_test#x
    shop_test;x %_test shop_test%3Fdbname=precious shop_test&dbname=precious $user_test
    dbname=precious%20application_name=_test postgresql:%2F%2F127.1%2Fx_test
    x%22;DROP%20DATABASE%20precious;--_test pre%22%22cious_test it's_test
    sh\N{LATIN SMALL LETTER O WITH DIAERESIS}p_test shop_\N{CYRILLIC SMALL LETTER TE}est
    shop_test_gw%D9%A3 precious precious_TEST precious_Test precious-test precious.test
    precioustest precious_test_ precious_tests precious_test2 precious_test_old
    precious_test_gw precious_test_gwx precious_test_gw0_old precious_test%20
    precious_test%0A precious_test_gw-1 precious__test__ precious_test.db
""")
NAMES += ["", "x" * 44 + "_test", "x" * 99 + "_test"]

SETTINGS = words("""
    host=127.1 %68ost=127.1 HOST=127.1 hostaddr=127.0.0.2 port={trap} dbname=precious
    database=precious db%6Eame=precious DBNAME=precious service=precious
    servicefile=precious dsn=postgresql:///precious conninfo=dbname%3Dprecious
    user=precious password=letmein passfile=x options=-csearch_path%3Dprecious
    target_session_attrs=any plugin=x sslpassword=letmein server_settings=x
    load_balance_hosts=random sslmode=disable&host=127.1
    ssl=disable&port={trap}&dbname=precious
""")
QUERIES = [f"127.0.0.1:{{port}}/shop_test?{setting}" for setting in SETTINGS]
QUERIES += [f":{{port}}/shop_test?host={{traps}}&{setting}" for setting in SETTINGS]
QUERIES += words("""
    127.0.0.1:{port}/shop_test?host={traps} /shop_test?host={traps},127.1
    /shop_test?host=127.0.0.1 /shop_test?host=localhost:{trap} /shop_test?host=./traps
    /shop_test?host=%40abstract /shop_test?host=,
""")

KINDS = words("""
    postgres POSTGRESQL PostgreSQL+asyncpg mysql mysql+asyncmy cockroachdb oracle http
    redshift+psycopg2 file unix xpostgresql postgresql_psycopg sqlite sqlite+aiosqlite
""")

# After the login. A driver reads no further than to a zero byte.
RESTS = words("""
    :letmein 127.0.0.1:letmein/shop_test 127.0.0.1:5.0/shop_test ::1/shop_test
    127.0.0.1:{port},{trap}/shop_test [::1/shop_test 127.0.0.1:{port}/sh%00op_test
    HERE?sslrootcert=%00 127.0.0.1%00.x/shop_test
""")
RESTS += [f"{HERE}\n", "127.0.0.1:{port}\n/shop_test", f"{HERE}\udcff"]
FORMS = [f"postgresql://{LOGIN}@{rest}" for rest in RESTS]
FORMS += words("""
    letmein swordfish@letmein postgresql :// //127.0.0.1/shop_test
    jdbc:postgresql://HERE?user=app&password=letmein 'postgresql://LOGIN@HERE'
    postgresql:LOGIN@HERE postgresql:/LOGIN@HERE TEST_DATABASE_URL=postgresql://LOGIN@HERE
    postgresql://postgres:swordfish%00letmein@HERE postgresql://postgres%00:letmein@HERE
    postgresql://x%00options%00-crole%3Dx:letmein@HERE
""")
FORMS += [" ", "host=127.0.0.1 dbname=shop_test password=letmein"]
FORMS += [f"postgresql://postgres:swordfish\udcffletmein@{HERE}"]

# A password with an @, or slashes too many: a part of the password stands where
# another rule would quote it.
UNESCAPED = words("""
    postgresql://postgres:swordfish@letmein@HERE postgresql://postgres:@/letmein@HERE
    postgresql://postgres:swordfish@letmein/@HERE postgresql:///LOGIN@HERE
    postgresql://postgres:swordfish@?letmein=@HERE postgresql://127.0.0.1/LOGIN@HERE
    postgresql://postgres:swordfish@127.0.0.1,letmein@HERE
""")

HOSTILE = [(f"postgresql://{LOGIN}@{h}:{{port}}/shop_test", HOST) for h in HOSTS]
HOSTILE += [(f"postgresql://{LOGIN}@127.0.0.1:{{port}}/{n}", NAME) for n in NAMES]
HOSTILE += [(f"postgresql://{LOGIN}@{query}", QUERY) for query in QUERIES]
HOSTILE += [(f"{kind}://{LOGIN}@{HERE}", KIND) for kind in KINDS]
HOSTILE += [(url, FORM) for url in FORMS]
HOSTILE += [(url, AT) for url in UNESCAPED]

# What is still refused if the hosts in `ALLOWED` are allowed.
ALLOWED = ("127.1", "tests.example.com")
NAMED_LIKE_ALLOWED = words("""
    127.1,127.0.0.1 127.0.0.1,127.1 127.1.example.com 127.1. 27.1 example.com
    127.1%20tests.example.com tests.example.com,127.1 xtests.example.com
""")
BESIDE_ALLOWED = [(f"{host}/shop_test", HOST) for host in NAMED_LIKE_ALLOWED]
BESIDE_ALLOWED += [("127.1/precious", NAME), ("127.1/x_test?dbname=precious", QUERY)]

# The application's database, which tests may not use, and other ways to write it.
OWN_URL = f"postgresql://{LOGIN}@127.0.0.1:{{port}}/own_test"
SAME_AS_OWN = words("""
    postgresql+psycopg2://localhost:{port}/own_test postgres://localhost:{port}/own_test
    postgresql://db.example.com/own_test postgresql://10.0.0.1:6432/own%5Ftest
    postgresql://[::1]/own_test_gw1 postgresql://LOGIN@localhost/own_template_test
    postgresql://localhost,db.example.com/own_test postgresql:///own_test?host={traps}
    postgresql://LOGIN@localhost/?host=db.example.com postgresql:///?service=precious
    postgresql://localhost/shop?dbname=own_test
    postgresql://localhost/shop?database=own_test
""")

# All that is refused: the URL, the reason, the application's URL, and hosts to allow.
REFUSED: list[tuple[str, str, str, tuple[str, ...]]] = [
    *((url, reason, "", ()) for url, reason in HOSTILE),
    *((f"postgresql://{LOGIN}@{r}", why, "", ALLOWED) for r, why in BESIDE_ALLOWED),
    *((OWN_URL, OWN, own, ()) for own in [OWN_URL, *SAME_AS_OWN]),
    *((OWN_URL, UNREADABLE, own, ()) for own in ("letmein", "pg://a:letmein@h:x/a")),
]

SHOP = f"postgresql://{LOGIN}@{HERE}"
ALLOW = {"PYTEST_ADDOPTS": "-o 'test_database_hosts=127.1 tests.example.com'"}
DOTENV = {"dotenv": f"export database_url='{OWN_URL}'", "PYTEST_ADDOPTS": "-n 2"}
# What is refused through pytest: for each rule, what would lead a driver away.
REFUSED_BY_PYTEST: list[tuple[str, str, str, dict[str, str]]] = [
    ("asyncpg", SHOP.replace("127.0.0.1", "127.0.0.1,127.1"), HOST, {}),
    ("psycopg", SHOP.replace("127.0.0.1", "[::1%lo,127.1]"), HOST, {}),
    ("psycopg", "postgresql:///shop_test", HOST, {"PGHOST": "127.0.0.1"}),
    ("psycopg", "postgresql:///shop_test", HOST, {"PGSERVICE": "precious"}),
    ("psycopg", SHOP.replace("shop_test", "dbname=precious%20a=_test"), NAME, {}),
    ("psycopg", f"{SHOP}?dbname=precious", QUERY, {}),
    ("psycopg", f"{SHOP}?service=precious", QUERY, {"PGSYSCONFDIR": "{traps}"}),
    ("asyncpg", f"postgresql://{LOGIN}@/shop_test?host={{traps}},127.1", QUERY, {}),
    ("asyncpg", "sqlite+aiosqlite:///{traps}/shop_test", KIND, {}),
    ("asyncpg", SHOP.replace(":sword", "%00options%00-crole%3Dx:sword"), FORM, {}),
    ("psycopg", SHOP.replace("%40letmein", "@letmein/"), AT, {}),
    ("asyncpg", SHOP.replace("127.0.0.1", "127.1.example.com"), HOST, ALLOW),
    ("asyncpg", OWN_URL, OWN, {"DATABASE_URL": "postgresql:///?service=precious"}),
    ("psycopg", OWN_URL, OWN, DOTENV),
    ("psycopg", SHOP, UNREADABLE, {"DATABASE_URL": "letmein"}),
]

# What is accepted, the hosts in `ALLOWED` being allowed.
FRIENDLY = words("""
    LOGIN@HERE LOGIN@localhost:{port}/shop_test LOGIN@LOCALHOST:{port}/shop_test
    LOGIN@:{port}/shop_test?host=/tmp LOGIN@:{port}/shop_test?%68ost=/tmp%2F.
    LOGIN@127.0.0.77/shop_test LOGIN@[::1]/shop_test LOGIN@127.1:{port}/shop_test
    LOGIN@tests.EXAMPLE.com/shop_test LOGIN@HERE?sslmode=prefer&sslcert=x LOGIN@HERE?
    LOGIN@HERE?ssl=prefer LOGIN@HERE_gw7 LOGIN@127.0.0.1/shop%5Ftest localhost/shop_test
    LOGIN@127.0.0.1/-7-Shop_Test_test postgres@localhost/shop_test
    s%40%2F%3A%3F%23%25%5B%20%2B:swordfish%25letmein@localhost/shop_test
    postgres:swordfish!#$&()*+,/:;=?[]'5%letmein@localhost/shop_test
    postgres:swordfish\N{LATIN SMALL LETTER E WITH ACUTE}letmein@localhost/shop_test
""")
FRIENDLY += [f"{LOGIN}@127.0.0.1/{'x' * 43}_test"]

LEADING_AWAY = {"PGHOST": "127.0.0.2", "PGHOSTADDR": "127.0.0.2", "PGPORT": "{trap}"}
LEADING_AWAY |= {"PGDATABASE": "precious", "PGSERVICE": "precious", "HOME": "{traps}"}
LEADING_AWAY |= {"PGSERVICEFILE": "{traps}/pg_service.conf", "PGSYSCONFDIR": "{traps}"}
LEADING_AWAY |= {"PGOPTIONS": "-c default_transaction_read_only=on"}
LEADING_AWAY |= {"PGTARGETSESSIONATTRS": "standby"}
SOCKET = f"postgresql://{LOGIN}@:{{port}}/shop_test?host={{sockets}}"
SPECIAL = "s%40%2F%3A%3F%23%25%5B%20%2B:!'%25%40%3A%2F \u00e9"
# What is accepted through pytest, 127.1 and 0x7f.1 being allowed, by each driver.
ACCEPTED_BY_PYTEST: list[tuple[str, dict[str, str]]] = [
    (SHOP.replace("127.0.0.1", "LOCALHOST").replace("_", "%5F") + "?{tls}=prefer", {}),
    (SHOP.replace("127.0.0.1", "0x7F.1"), {}),
    # Without a host, there is more for variables to say.
    (SOCKET, LEADING_AWAY),
    (SHOP.replace("127.0.0.1", "localhost"), LEADING_AWAY),
    ("", LEADING_AWAY),
    (f"postgresql+psycopg2://locked:correct@{HERE}", {}),
    (f"postgresql://{HERE}", {"PGUSER": "locked", "PGPASSWORD": "correct"}),
    (f"postgresql://{SPECIAL}@{HERE}", {}),
]
