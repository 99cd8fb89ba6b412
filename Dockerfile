# The program needs nothing of a system but root certificates (for ?tls=true). Alpine has these, and a wget for the health check.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY internal/store/nocgo/go.mod internal/store/nocgo/
RUN go mod download
COPY . .
ARG VERSION=development
RUN make build VERSION="$VERSION"

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
