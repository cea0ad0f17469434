package org.mainstay.comm.internal.paths;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.GuardControl.HeartbeatPath;
import org.mainstay.cluster.Registration;

/** A guard that only remembers; comm may call nothing but {@code paths} and {@code listen}. */
public final class RecordingGuard implements InvocationHandler {
    public final List<List<HeartbeatPath>> told = new CopyOnWriteArrayList<>();
    public final List<Consumer<GuardNews>> listeners = new CopyOnWriteArrayList<>();
    public final GuardControl control = (GuardControl)
            Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {GuardControl.class}, this);

    @Override
    @SuppressWarnings("unchecked") // as declared by GuardControl
    public Object invoke(Object proxy, Method method, Object[] arguments) {
        switch (method.getName()) {
            case "paths" -> {
                told.add((List<HeartbeatPath>) arguments[0]);
                return null;
            }
            case "listen" -> {
                Consumer<GuardNews> listener = (Consumer<GuardNews>) arguments[0];
                listeners.add(listener);
                return (Registration) () -> listeners.remove(listener);
            }
            default -> throw new UnsupportedOperationException("comm must not call " + method.getName());
        }
    }
}
