package org.mainstay.core.decision.world;

import java.util.HashMap;
import java.util.Map;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;

/** The timers of a manager; what a manager started that is gone never fires. */
final class Timers {
    private final World world;
    private final Server server;
    private final Map<String, Long> running = new HashMap<>();
    private long last;

    Timers(World world, Server server) {
        this.world = world;
        this.server = server;
    }

    /** Starts one; it replaces one of the same id. */
    void start(Effect.StartTimer start) {
        long number = ++last;
        int owner = server.run();
        running.put(start.id(), number);
        world.after(start.millis(), () -> {
            if (server.managerUp()
                    && server.run() == owner
                    && Long.valueOf(number).equals(running.get(start.id()))) {
                running.remove(start.id());
                server.feed(new Event.TimerFired(start.id()));
            }
        });
    }

    void cancel(String id) {
        running.remove(id);
    }

    void clear() {
        running.clear();
    }
}
