# syntax=docker/dockerfile:1
# The portal: docker build -f docker/portal.Dockerfile -t atelier-portal .
FROM eclipse-temurin:25-jdk-noble AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends maven \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Libraries first: they change less often than sources.
COPY pom.xml ./
COPY .mvn .mvn
RUN --mount=type=cache,target=/root/.m2 mvn -B -q -DskipTests dependency:go-offline || true
COPY src src
COPY templates templates
RUN --mount=type=cache,target=/root/.m2 mvn -B -q -DskipTests package
# The same order as in ./atelier: the start-up cache below is bound to it.
RUN { printf '%s' quarkus/transformed-bytecode.jar:quarkus/generated-bytecode.jar; \
      cd target/quarkus-app && printf ':%s' app/*.jar lib/boot/*.jar lib/main/*.jar; } > target/class-path

FROM eclipse-temurin:25-jdk-noble
# bubblewrap shuts the runners in; util-linux (prlimit, unshare) is in the base image.
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 atelier \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/atelier --shell /usr/sbin/nologin atelier \
 && install -d -o atelier -g atelier -m 0700 /var/lib/atelier
WORKDIR /opt/atelier
COPY --from=build /src/target/quarkus-app ./
COPY --from=build /src/target/class-path ./
COPY catalog home/catalog
COPY golden-paths home/golden-paths
COPY docker/portal.sh /usr/local/bin/atelier-portal
USER 10001:10001
# Recorded against an embedded database in a scratch folder; without it the start takes twice as long.
RUN ATELIER_DATA=/tmp/rehearsal sh /usr/local/bin/atelier-portal rehearse && rm -rf /tmp/rehearsal
ENV ATELIER_HOST=0.0.0.0 ATELIER_PORT=8080 ATELIER_DATA=/var/lib/atelier ATELIER_LOG_JSON=true
VOLUME /var/lib/atelier
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$ATELIER_PORT && printf 'GET /q/health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["sh", "/usr/local/bin/atelier-portal"]
