# The program needs nothing of a system but root certificates (for ?tls=true). Alpine has these, and a wget for the health check.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY internal/store/nocgo/go.mod internal/store/nocgo/
RUN go mod download
COPY . .
# .git is not part of the build's context: make image and compose.yaml pass the version and the commit.
ARG VERSION=development
ARG COMMIT=unknown
RUN make build VERSION="$VERSION" COMMIT="$COMMIT"

FROM alpine:3.22
COPY --from=build /src/customer-events /usr/local/bin/
COPY --from=build /src/LICENSE /src/THIRD_PARTY_LICENSES.md /usr/share/doc/customer-events/
# For an SQLite file and its key; with MySQL nothing is written.
RUN mkdir /data && chown 65532:65532 /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV CRM_LISTEN=0.0.0.0:8080
EXPOSE 8080
# Whether the process lives, not /readyz: who restarts what is unhealthy would not bring an absent database back.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD at="127.0.0.1:${CRM_LISTEN##*:}/healthz"; if [ -z "$CRM_TLS_CERT" ]; then wget -q -O /dev/null "http://$at"; else wget -q -O /dev/null --no-check-certificate "https://$at"; fi
ENTRYPOINT ["customer-events"]
# Last, so that a new commit changes no layer but the program's.
ARG VERSION=development
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="customer-events" \
      org.opencontainers.image.description="Records web customer events in bulk over GraphQL and the CRM's Web API" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/alpine:3.22"
