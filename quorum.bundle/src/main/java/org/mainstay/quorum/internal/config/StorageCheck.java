package org.mainstay.quorum.internal.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumSettings.Storage;
import org.mainstay.cluster.QuorumSettings.StorageType;

/** The storage parameters (QUO-014 to QUO-023, QUO-032, QUO-083). */
final class StorageCheck {
    static final String OBJECT = "QWK_STORAGE_OBJECT_";
    /** What takes effect at {@code qwk_storage_init} only. */
    static final List<String> ENVIRONMENT = List.of(
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "NO_PROXY",
            "QWK_STORAGE_S3_ENDPOINT",
            "QWK_STORAGE_S3_REGION",
            "QWK_STORAGE_CREDENTIALS_FILE",
            "QUORUM_WITNESS_CLUSTER");

    private static final int LONGEST = 256;
    private static final int MOST_SERVERS = 4;

    private final Values values;
    private final Facts facts;

    StorageCheck(Values values, Facts facts) {
        this.values = values;
        this.facts = facts;
    }

    Storage check() {
        StorageType type = values.choice("QWK_STORAGE_TYPE", StorageType.class, null);
        if (type == null) {
            values.set("QWK_STORAGE_TYPE")
                    .ifPresentOrElse(
                            wrong -> {},
                            () -> values.error(
                                    "QWK_STORAGE_TYPE is missing: QUORUM_MODE=storage needs file or aws_s3"));
        }
        long beat = 1000L * values.whole("QWK_STORAGE_HBEATTIME", 6, 5, 10);
        int beats = values.whole("QWK_STORAGE_NUMHBEATS", 4, 3, Integer.MAX_VALUE);
        if (facts.known()) {
            checkMembers();
        }
        Map<String, List<String>> objects = type == null ? Map.of() : objects(type);
        Map<String, String> environment = new TreeMap<>();
        ENVIRONMENT.forEach(name -> values.set(name).ifPresent(value -> environment.put(name, value)));
        return new Storage(type, beat, beats, objects, environment);
    }

    private void checkMembers() {
        int count = facts.members().size();
        if (count < 2 || count > MOST_SERVERS) {
            values.error("QUORUM_MODE=storage is for 2 to 4 servers, this cluster has " + count
                    + "; use majority for more servers");
        }
        Map<String, List<String>> byKey =
                facts.members().stream().collect(Collectors.groupingBy(QuorumSettings::hostKey));
        byKey.values().stream()
                .filter(names -> names.size() > 1)
                .forEach(names -> values.error("the servers " + String.join(" and ", names)
                        + " cannot be told apart in " + OBJECT + QuorumSettings.hostKey(names.get(0))
                        + ": capitals and '-' or '_' make no difference there; QUORUM_MODE=storage needs other names"));
    }

    private Map<String, List<String>> objects(StorageType type) {
        Map<String, List<String>> objects = new LinkedHashMap<>();
        Set<String> used = new TreeSet<>();
        for (String server : facts.members()) {
            String name = OBJECT + QuorumSettings.hostKey(server);
            String text = values.text(name);
            used.add(name);
            if (text.isEmpty()) {
                values.error(name + " is missing: there must be one for every server, on every server");
            } else if (text.length() > LONGEST) {
                values.error(name + " is " + text.length() + " characters long; at most " + LONGEST + " are allowed");
            } else {
                objects.put(server, type == StorageType.FILE ? file(name, text) : uris(name, text));
            }
        }
        values.all().keySet().stream()
                .filter(name -> facts.known() && name.startsWith(OBJECT) && !used.contains(name))
                .forEach(name -> values.warn(name + " belongs to no server of this cluster ("
                        + String.join(", ", facts.members())
                        + ") and is not used; if its server was removed: qwk_storage_exit, take the line out, then"
                        + " qwk_storage_init on every server"));
        checkPlaces(type, objects);
        return objects;
    }

    private List<String> file(String name, String text) {
        if (!text.startsWith("/") || text.endsWith("/")) {
            values.error(name + "=" + text + " must be the absolute path of a file");
        }
        return List.of(text);
    }

    private List<String> uris(String name, String text) {
        List<String> uris = List.of(text.split(",", -1));
        if (uris.size() > 2
                || !uris.stream().allMatch(uri -> uri.matches("s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\\S+"))) {
            values.error(name + "=" + text
                    + " must be one or two URIs s3://BUCKET/KEY with a comma and no space between them");
        }
        return uris;
    }

    private void checkPlaces(StorageType type, Map<String, List<String>> objects) {
        List<String> all = objects.values().stream().flatMap(List::stream).toList();
        if (all.size() != Set.copyOf(all).size()) {
            values.error("two of the " + OBJECT + "... are the same object; every server needs its own");
        }
        Set<Set<String>> places = objects.values().stream()
                .map(each -> each.stream().map(StorageCheck::place).collect(Collectors.toSet()))
                .collect(Collectors.toSet());
        if (places.size() > 1) {
            values.error("the " + OBJECT + "... are in different places; all must be in the same "
                    + (type == StorageType.FILE ? "folder" : "buckets")
                    + ", so that no server reaches some of them only");
        }
    }

    private static String place(String object) {
        return object.startsWith("s3://")
                ? object.substring(0, object.indexOf('/', 5) + 1)
                : object.substring(0, object.lastIndexOf('/') + 1);
    }
}
