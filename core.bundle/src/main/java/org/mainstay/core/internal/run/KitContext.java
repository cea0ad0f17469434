package org.mainstay.core.internal.run;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.ResourceInfo;

/** The context of one action, valid while it runs. */
final class KitContext implements CreateContext {
    private final ActionOrder order;
    private final CallControl control;
    private final Host host;
    private final Tunables tunables;
    private final Consumer<String> progress;

    KitContext(ActionOrder order, CallControl control, Host host, Tunables tunables, Consumer<String> progress) {
        this.order = order;
        this.control = control;
        this.host = host;
        this.tunables = tunables;
        this.progress = progress;
    }

    CallControl control() {
        return control;
    }

    @Override
    public ResourceInfo resource() {
        return order.resource();
    }

    @Override
    public List<ResourceInfo> children() {
        return order.children();
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public Duration remaining() {
        return control.remaining();
    }

    @Override
    public boolean cancelled() {
        return control.cancelled();
    }

    @Override
    public boolean pause(Duration time) {
        return control.pause(time);
    }

    /** Progress of an action that was given up is of no interest any more. */
    @Override
    public void progress(String message) {
        if (!control.cancelled()) {
            progress.accept(message);
        }
    }

    @Override
    public String reason() {
        return order.reason();
    }

    @Override
    public boolean handedOver() {
        return order.handedOver();
    }

    @Override
    public boolean takeover() {
        return order.takeover();
    }

    @Override
    public String tunable(String name, String fallback) {
        return tunables.get(name, fallback);
    }

    @Override
    public List<ResourceInfo> resources() {
        return order.all();
    }

    @Override
    public List<String> extendedTo() {
        return order.extendedTo();
    }
}
