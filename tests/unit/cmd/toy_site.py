"""A site to be served. toy_site.py PORT CONFIG."""

import sys

from compute_cloud.cmd.begin import begin


class Site:
    def __init__(self, conf, listening):
        self.conf, self.listening, self.server = conf, listening, None

    def start(self):
        from compute_cloud.cmd import http

        self.server = http.serve(self.conf, self.listening, app, tls=bool(self.conf.wsgi.ssl_cert_file))
        self.server.start()

    def stop(self):
        self.server.stop()

    def reload(self):
        pass


def app(environ, start_response):
    from compute_cloud import concurrency

    path = environ["PATH_INFO"]
    if path == "/bug":
        raise ValueError("secret inside")
    if path == "/slow":
        concurrency.sleep(1.5)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if path == "/echo" else path.encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("X-Openstack-Request-Id", "req-1")])
    return [body]


if __name__ == "__main__":
    conf = begin("site", ["--config-file", sys.argv[2]])
    from compute_cloud.cmd import http, launcher

    listening = http.listen("127.0.0.1", int(sys.argv[1]))
    launcher.leave(launcher.launch(conf, "site", lambda: Site(conf, listening), workers=2))
