package org.mainstay.core.internal.run;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
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

    /** In the order in which it happened: whoever takes the last word for the truth must get it last. Guarded by services. */
    private final Deque<KitNews> untold = new ArrayDeque<>();

    private boolean telling;

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
            note(KitNews.What.NOT_USED, added, describe(added) + " is not used: it is not for " + platform);
            tell();
            return;
        }
        defects.clear();
        synchronized (services) {
            List<RegisteredKit> same = services.computeIfAbsent(added.key(), key -> new ArrayList<>());
            RegisteredKit before = same.isEmpty() ? null : same.get(0);
            same.add(added);
            same.sort(BEST_FIRST);
            RegisteredKit now = same.get(0);
            if (before == null) {
                note(KitNews.What.APPEARED, added, describe(added) + " is usable");
            } else if (now.kit() == kit) {
                note(
                        KitNews.What.REPLACED,
                        added,
                        describe(added) + " replaces version "
                                + before.descriptor().version());
            } else {
                note(
                        KitNews.What.NOT_USED,
                        added,
                        describe(added) + " is not used: version "
                                + now.descriptor().version()
                                + " of the same type is installed too; uninstall one of them");
            }
        }
        tell();
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
            if (removed != null && wasUsed && next == null) {
                // scripts of the same type count again: the next look announces them
                scripts.remove(removed.key());
                note(KitNews.What.GONE, removed, describe(removed) + " is gone; what it protects stays as it is");
            } else if (removed != null && wasUsed) {
                note(
                        KitNews.What.REPLACED,
                        next,
                        describe(next) + " is used now that version "
                                + removed.descriptor().version() + " is gone");
            }
        }
        tell();
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

    /** Returns whether a kit is still there; one that goes is asked nothing any more. */
    boolean present(RegisteredKit kit) {
        synchronized (services) {
            return kit.script()
                    || services.getOrDefault(kit.key(), List.of()).stream().anyMatch(one -> one.kit() == kit.kit());
        }
    }

    /**
     * Tells of script kits that came or went since the last look. Whoever finds a kit here may go on to ask for a restore:
     * what decides about it should have heard of the kit before.
     *
     * @param found script kits there are now
     * @param looked the types that were looked for; null: all
     */
    private void noteScripts(Map<String, RegisteredKit> found, Set<String> looked) {
        synchronized (services) {
            found.forEach((key, kit) -> {
                if (scripts.put(key, kit) == null && !services.containsKey(key)) {
                    note(KitNews.What.APPEARED, kit, describe(kit) + " is usable");
                }
            });
            List.copyOf(scripts.keySet()).forEach(key -> {
                if ((looked == null || looked.contains(key)) && !found.containsKey(key)) {
                    RegisteredKit before = scripts.remove(key);
                    if (!services.containsKey(key)) {
                        note(KitNews.What.GONE, before, describe(before) + " is gone; what it protects stays as it is");
                    }
                }
            });
        }
        tell();
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
                note(KitNews.What.NOT_USED, kit, text);
                tell();
            }
        });
    }

    private void note(KitNews.What what, RegisteredKit kit, String text) {
        synchronized (services) {
            untold.add(new KitNews(
                    what, kit.descriptor().application(), kit.descriptor().type(), text));
        }
    }

    /** Tells what happened, in order; no lock is held meanwhile. What another thread is about to tell is left to it. */
    private void tell() {
        while (true) {
            KitNews news;
            synchronized (services) {
                if (telling || untold.isEmpty()) {
                    return;
                }
                telling = true;
                news = untold.remove();
            }
            try {
                if (news.what() == KitNews.What.NOT_USED) {
                    LOG.warn("{}", news.text());
                } else {
                    LOG.info("{}", news.text());
                }
                listeners.forEach(listener -> Threads.kept("a listener to news of kits", () -> listener.accept(news))
                        .run());
            } finally {
                synchronized (services) {
                    telling = false;
                }
            }
        }
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
