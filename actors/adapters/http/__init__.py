"""HTTP: the service's own port for programs and for people's browsers.

It decides nothing, and reaches the engine by the link and the data directory alone. `server` owns
the port, `app` the routes; each other module is one idea of the surface, `page` the dashboard.
"""
