# shellcheck shell=bash
# Sourced by the measurements, in the top folder: what they start, from a finished build.
mainstay_archive=$(find dist/target -maxdepth 1 -name 'mainstay-*.tar.gz' 2>/dev/null | head -n 1)
if [ -z "$mainstay_archive" ] || [ ! -d bench/target/lib ]; then
    echo "$0: build first: mvn package -DskipTests" >&2
    exit 2
fi
# shellcheck disable=SC2034
mainstay_classes='bench/target/lib/*'
for module in bench itest core.bundle cluster.api kit.api; do
    mainstay_classes=$module/target/classes:$mainstay_classes
done
