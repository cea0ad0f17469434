package org.mainstay.core.internal.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.mainstay.cluster.Registration;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.RecoveryKit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kits that are usable here now: services that come and go while Mainstay runs, and directories of action scripts
 * (CMD-382). One kit per application and type is used: the highest version, a service before scripts. Thread-safe.
 */
public final class KitRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(KitRegistry.class);
    /** Newest version first; of equal versions the one that came first. */
    private static final Comparator<RegisteredKit> BEST_FIRST = Comparator.comparing(
                    (RegisteredKit kit) -> kit.descriptor().version(), KitRegistry::compareVersions)
            .reversed();

    private final Path subsys;
    private final KitDescriptor.Platform platform;
    private final Map<String, List<RegisteredKit>> services = new HashMap<>();
    /** Script kits as they were last seen: nobody announces them, so they are noticed when somebody looks. */
    private final Map<String, RegisteredKit> scripts = new HashMap<>();

    /** Defects that were told; forgotten when a kit appears. */
    private final Set<String> defects = ConcurrentHashMap.newKeySet();

    private final List<Consumer<KitNews>> listeners = new CopyOnWriteArrayList<>();

    /**
     * @param subsys directory of script kits; it need not exist
     * @param platform this machine's; kits for others are reported and not used
     */
    public KitRegistry(Path subsys, KitDescriptor.Platform platform) {
        this.subsys = subsys;
        this.platform = platform;
    }

    /** Adds a kit service; a kit whose descriptor fails is reported and never used. */
    public void add(RecoveryKit kit) {
        KitDescriptor descriptor;
        try {
            descriptor = kit.descriptor();
        } catch (RuntimeException | LinkageError e) {
            LOG.error(
                    "kit {} is not used: its descriptor failed", kit.getClass().getName(), e);
            return;
        }
        RegisteredKit added = new RegisteredKit(kit, descriptor, false);
        if (!descriptor.platforms().contains(platform)) {
            tell(KitNews.What.NOT_USED, added, describe(added) + " is not used: it is not for " + platform);
            return;
        }
        RegisteredKit before;
        RegisteredKit now;
        defects.clear();
        synchronized (services) {
            List<RegisteredKit> same = services.computeIfAbsent(added.key(), key -> new ArrayList<>());
            before = same.isEmpty() ? null : same.get(0);
            same.add(added);
            same.sort(BEST_FIRST);
            now = same.get(0);
        }
        if (before == null) {
            tell(KitNews.What.APPEARED, added, describe(added) + " is usable");
        } else if (now.kit() == kit) {
            tell(
                    KitNews.What.REPLACED,
                    added,
                    describe(added) + " replaces version " + before.descriptor().version());
        } else {
            tell(
                    KitNews.What.NOT_USED,
                    added,
                    describe(added) + " is not used: version "
                            + now.descriptor().version() + " of the same type is installed too; uninstall one of them");
        }
    }

    /**
     * Removes a kit service. What it protects stays as it is (I8).
     *
     * @return the kit as it was registered, empty if it was not
     */
    public Optional<RegisteredKit> remove(RecoveryKit kit) {
        RegisteredKit removed = null;
        RegisteredKit next = null;
        boolean wasUsed = false;
        synchronized (services) {
            for (List<RegisteredKit> same : services.values()) {
                for (RegisteredKit candidate : same) {
                    if (candidate.kit() == kit) {
                        removed = candidate;
                        wasUsed = same.get(0).kit() == kit;
                    }
                }
                if (removed != null) {
                    same.remove(removed);
                    next = same.isEmpty() ? null : same.get(0);
                    break;
                }
            }
            services.values().removeIf(List::isEmpty);
        }
        if (removed != null && wasUsed) {
            if (next == null) {
                synchronized (services) {
                    // scripts of the same type count again: the next look announces them
                    scripts.remove(removed.key());
                }
                tell(KitNews.What.GONE, removed, describe(removed) + " is gone; what it protects stays as it is");
            } else {
                tell(
                        KitNews.What.REPLACED,
                        next,
                        describe(next) + " is used now that version "
                                + removed.descriptor().version() + " is gone");
            }
        }
        return Optional.ofNullable(removed);
    }

    /** Returns the kit of a type, empty if none is usable here now. */
    public Optional<RegisteredKit> find(String application, String type) {
        synchronized (services) {
            List<RegisteredKit> same = services.get(RegisteredKit.key(application, type));
            if (same != null) {
                return Optional.of(same.get(0));
            }
        }
        Optional<RegisteredKit> script =
                ScriptKit.find(subsys, application, type).map(kit -> new RegisteredKit(kit, kit.descriptor(), true));
        String key = RegisteredKit.key(application, type);
        noteScripts(script.map(kit -> Map.of(key, kit)).orElse(Map.of()), Set.of(key));
        return script;
    }

    /**
     * Tells of script kits that came or went since the last look. Whoever finds a kit here may go on to ask for a restore:
     * what decides about it must have heard of the kit before.
     *
     * @param found script kits there are now
     * @param looked the types that were looked for; null: all
     */
    private void noteScripts(Map<String, RegisteredKit> found, Set<String> looked) {
        List<RegisteredKit> appeared = new ArrayList<>();
        List<RegisteredKit> gone = new ArrayList<>();
        synchronized (services) {
            found.forEach((key, kit) -> {
                if (scripts.put(key, kit) == null && !services.containsKey(key)) {
                    appeared.add(kit);
                }
            });
            List.copyOf(scripts.keySet()).forEach(key -> {
                if ((looked == null || looked.contains(key)) && !found.containsKey(key)) {
                    RegisteredKit before = scripts.remove(key);
                    if (!services.containsKey(key)) {
                        gone.add(before);
                    }
                }
            });
        }
        appeared.forEach(kit -> tell(KitNews.What.APPEARED, kit, describe(kit) + " is usable"));
        gone.forEach(kit -> tell(KitNews.What.GONE, kit, describe(kit) + " is gone; what it protects stays as it is"));
    }

    /**
     * Returns the kits a person may mean.
     *
     * @param name a type, or {@code application/type}
     * @return none, one, or several where only the type is given and it is ambiguous
     */
    public List<RegisteredKit> named(String name) {
        return all().stream()
                .filter(kit -> kit.descriptor().type().equals(name) || kit.key().equals(name))
                .toList();
    }

    /** Returns all usable kits, sorted by type, then application. */
    public List<RegisteredKit> all() {
        Map<String, RegisteredKit> byKey = new TreeMap<>();
        ScriptKit.all(subsys).forEach(kit -> {
            RegisteredKit registered = new RegisteredKit(kit, kit.descriptor(), true);
            byKey.put(registered.key(), registered);
        });
        noteScripts(Map.copyOf(byKey), null);
        synchronized (services) {
            services.forEach((key, same) -> byKey.put(key, same.get(0)));
        }
        return byKey.values().stream()
                .sorted(Comparator.comparing(
                                (RegisteredKit kit) -> kit.descriptor().type())
                        .thenComparing(kit -> kit.descriptor().application()))
                .toList();
    }

    /** Calls the listener with further news, on the thread that brings them; it must return at once. */
    public Registration listen(Consumer<KitNews> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Tells that the code of the kit that is used does not work; once for each version and text. */
    public void defect(String application, String type, String text) {
        find(application, type).ifPresent(kit -> {
            if (defects.add(describe(kit) + "\n" + text)) {
                tell(KitNews.What.NOT_USED, kit, text);
            }
        });
    }

    private void tell(KitNews.What what, RegisteredKit kit, String text) {
        if (what == KitNews.What.NOT_USED) {
            LOG.warn("{}", text);
        } else {
            LOG.info("{}", text);
        }
        KitNews news = new KitNews(
                what, kit.descriptor().application(), kit.descriptor().type(), text);
        listeners.forEach(listener -> listener.accept(news));
    }

    private static String describe(RegisteredKit kit) {
        return "kit " + kit.key() + " (" + kit.descriptor().title() + ") version "
                + kit.descriptor().version();
    }

    /** Compares dotted versions part by part, numbers as numbers. */
    static int compareVersions(String left, String right) {
        String[] a = left.split("[.-]");
        String[] b = right.split("[.-]");
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            int order = comparePart(i < a.length ? a[i] : "0", i < b.length ? b[i] : "0");
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int comparePart(String a, String b) {
        if (a.matches("\\d{1,18}") && b.matches("\\d{1,18}")) {
            return Long.compare(Long.parseLong(a), Long.parseLong(b));
        }
        return a.compareTo(b);
    }
}
