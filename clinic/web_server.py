"""How gunicorn serves the clinic: its settings, the same from `up`, the container, the tests and the benchmarks."""

from gunicorn.workers import gthread

wsgi_app = "clinic.wsgi"
# Forked ready-made: a process that died is replaced within a moment.
preload_app = True
workers = 2
worker_class = "gthread"
threads = 8
graceful_timeout = 10
# A page that the database cannot answer in five seconds is answered with "try again"; the clock's work may take longer.
raw_env = ["STATEMENT_SECONDS=5"]
# On by default, under a home directory that an account of its own may not have.
control_socket_disable = True

# A connection on which nothing was asked yet goes back to the poller. The default holds a thread for five seconds:
# two hundred idle connections then kept everybody else waiting for half a minute.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.05
