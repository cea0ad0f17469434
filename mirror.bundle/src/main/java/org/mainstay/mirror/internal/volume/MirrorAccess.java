package org.mainstay.mirror.internal.volume;

import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Outcome;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The control of mirrors as the kit reaches it: it starts after the kit, and may be replaced. A component of its own, because the
 * control needs the manager, which takes the kit: a reference of the kit to the control would close a cycle (decision 0376).
 * Thread-safe.
 */
@Component(service = MirrorAccess.class)
public final class MirrorAccess {
    private volatile MirrorPort port;

    /** A question to the control of mirrors. */
    interface Question {
        Outcome ask(MirrorPort port) throws InterruptedException;
    }

    @Activate
    public MirrorAccess() {}

    /** The control is there from now on. */
    public void bind(MirrorPort now) {
        port = now;
    }

    /** The control goes. */
    public void unbind(MirrorPort gone) {
        if (port == gone) {
            port = null;
        }
    }

    Outcome ask(Question question) {
        MirrorPort now = port;
        if (now == null) {
            return Outcome.failed("the control of mirrors is not there yet; try again in a moment");
        }
        try {
            return question.ask(now);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.failed("cancelled while waiting for the mirror engine");
        }
    }

    /** Becomes source and makes the mirror a file; undone by {@link #detach}. */
    Outcome attach(Mirrored mirrored, ActionContext context) {
        return ask(now -> {
            MirrorPort.Source source = now.source(mirrored, context::progress);
            return source.outcome().succeeded()
                    ? new Attachment(context, mirrored).begin(now.exports(), source.export())
                    : source.outcome();
        });
    }

    /** Ends the attachment, then the role: from here on another server may be source. */
    Outcome detach(Mirrored mirrored, ActionContext context) {
        Outcome ended = new Attachment(context, mirrored).end();
        return ended.succeeded() ? ask(now -> now.release(mirrored)) : ended;
    }

    Outcome forget(Mirrored mirrored) {
        return ask(now -> now.forget(mirrored));
    }

    /** Says whether a write would wait now. */
    boolean held(Mirrored mirrored) {
        MirrorPort now = port;
        return now != null && now.held(mirrored);
    }
}
