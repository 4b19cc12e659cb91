#!/bin/sh
# Starts the portal in its image; "rehearse" records the start-up cache while the image is built.
set -eu
cd /opt/atelier
cache=/var/cache/atelier.aot
[ -w /var/cache ] || cache=/tmp/atelier.aot
options="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
 --add-opens=java.base/java.lang=ALL-UNNAMED -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError
 -XX:MaxRAMPercentage=50 -Djava.util.logging.manager=org.jboss.logmanager.LogManager
 -Datelier.home=/opt/atelier/home"
class_path=$(cat class-path)
if [ "${1:-run}" = rehearse ]; then
  # shellcheck disable=SC2086
  java $options -XX:AOTCacheOutput="$cache" -Datelier.rehearsal=true -cp "$class_path" dev.atelier.Atelier \
    || { echo "no start-up cache; starting without it" >&2; rm -f "$cache"; }
  exit 0
fi
if [ "${1:-run}" = doctor ]; then
  shift
  # shellcheck disable=SC2086
  exec java $options -cp "$class_path" dev.atelier.platform.doctor.Doctor "$@"
fi
if [ "${1:-run}" = rotate-key ]; then
  # shellcheck disable=SC2086
  exec java $options -cp "$class_path" dev.atelier.identity.RotateKeyCommand
fi
[ ! -f "$cache" ] || options="$options -XX:AOTCache=$cache"
# shellcheck disable=SC2086
exec java $options ${ATELIER_JAVA_OPTS:-} -cp "$class_path" dev.atelier.Atelier
