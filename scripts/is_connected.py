"""Health check of the processes that serve no HTTP: exits 0 while this container holds a connection to a port."""

import sys

import psutil


def main(port: int) -> int:
    held = psutil.net_connections(kind="tcp")
    return (
        0 if any(one.status == "ESTABLISHED" and one.raddr and one.raddr.port == port for one in held) else 1
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
