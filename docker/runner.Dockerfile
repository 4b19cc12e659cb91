# syntax=docker/dockerfile:1
# What a runner needs and nothing else: docker build -f docker/runner.Dockerfile -t atelier-runner .
#
# The portal starts its runners itself, as processes beside it, and talks to them through pipes; this
# image is the ground for runners in places of their own (endpoints, sites). It has no network client,
# no shell for its user and no database driver. It speaks frames on stdin and stdout.
FROM eclipse-temurin:25-jdk-noble AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends maven unzip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pom.xml ./
COPY .mvn .mvn
COPY src src
COPY templates templates
RUN --mount=type=cache,target=/root/.m2 mvn -B -q -DskipTests package
RUN mkdir -p /runner/native \
 && cp target/quarkus-app/lib/main/com.microsoft.onnxruntime.onnxruntime-*.jar /runner/onnxruntime.jar \
 && cp target/quarkus-app/lib/main/com.fasterxml.jackson.core.jackson-core-*.jar /runner/jackson-core.jar \
 && cp -r target/classes /tmp/classes \
 && jar --create --file /runner/runner.jar -C /tmp/classes dev/atelier/runner -C /tmp/classes dev/atelier/inference -C /tmp/classes dev/atelier/confinement \
 && case "$(uname -m)" in aarch64) platform=linux-aarch64 ;; *) platform=linux-x64 ;; esac \
 && unzip -q -j /runner/onnxruntime.jar "ai/onnxruntime/native/$platform/*" -d /runner/native
RUN jlink --add-modules java.base,java.desktop,java.logging,jdk.unsupported,jdk.management --strip-debug --no-man-pages \
      --no-header-files --output /runner/jre

FROM ubuntu:24.04
RUN groupadd --gid 10002 runner \
 && useradd --uid 10002 --gid 10002 --home-dir /nonexistent --shell /usr/sbin/nologin runner
COPY --from=build /runner /opt/runner
USER 10002:10002
WORKDIR /tmp
# ONNX Runtime reports home unless it is told not to before it is loaded.
ENV ORT_DISABLE_TELEMETRY=1
ENTRYPOINT ["/opt/runner/jre/bin/java", "-Xmx320m", "-Xss512k", "-XX:MaxDirectMemorySize=160m", "-XX:+UseSerialGC", \
  "-XX:-UsePerfData", "-XX:+DisableAttachMechanism", "-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED", \
  "-Donnxruntime.native.path=/opt/runner/native", "-cp", \
  "/opt/runner/runner.jar:/opt/runner/onnxruntime.jar:/opt/runner/jackson-core.jar", "dev.atelier.runner.Runner"]
