package org.mainstay.itest.fault;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * A database between two applications whose scripts hold the steps of a switchover: the removal of the top is the first step (nothing
 * removed yet), that of the bottom the one where all but the last is removed, the restore of the bottom the one where nothing is
 * restored, that of the top the one where all but the last is. A client writes numbered rows all the time.
 */
public final class SteppedDatabase implements AutoCloseable {
    public static final String TOP = "top";
    public static final List<String> TAGS = List.of(TOP, "pg", "vip", "data", "bottom");
    private static final String ADDRESS = "10.77.1.100";

    private final App top;
    private final App bottom;
    private final Acknowledgements client;

    private SteppedDatabase(App top, App bottom, Acknowledgements client) {
        this.top = top;
        this.bottom = bottom;
        this.client = client;
    }

    /** Creates it in service on the first server and extends it to the others. */
    public static SteppedDatabase create(Lab lab, Server first, List<Server> others) {
        Database database = Database.create(lab, first.machine(), List.of());
        Cluster.createDatabase(first, database, ADDRESS);
        App top = App.write(lab, TOP);
        top.create(first);
        App bottom = App.write(lab, "bottom");
        bottom.create(first);
        first.mainstay("dependency", "create", TOP, "pg");
        first.mainstay("dependency", "create", "data", "bottom");
        others.forEach(other -> first.mainstay("resource", "extend", TOP, "--to", other.name()));
        return new SteppedDatabase(top, bottom, Acknowledgements.start(lab, ADDRESS + ":" + Database.PORT));
    }

    public App top() {
        return top;
    }

    /** @param level {@code top} or {@code bottom} */
    public App app(String level) {
        return level.equals(TOP) ? top : bottom;
    }

    public List<App> apps() {
        return List.of(top, bottom);
    }

    /** Waits until the client's writes are acknowledged again. */
    public void serves(Duration limit) {
        client.awaitMore(20, limit);
    }

    /** Returns the acknowledged rows that the database does not have. */
    public Set<Long> lost() {
        return client.lost();
    }

    @Override
    public void close() {
        client.close();
    }
}
