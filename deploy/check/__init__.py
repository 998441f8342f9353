"""Builds both container files and runs what docker-compose.yml says, on a machine without a container engine.

As root on Debian, with buildah, debootstrap, iproute2 and prometheus: `make check-build`. No registry of
images is asked: a plain Debian made by debootstrap stands for `debian`, and on it Debian's own PostgreSQL for
`postgres`. What is built are the container files as they are; what is started are the services of the compose
file with their user, read-only root, capabilities, secrets, settings and health checks, in a network apart.
"""
