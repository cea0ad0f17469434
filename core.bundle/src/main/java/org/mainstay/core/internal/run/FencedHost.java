package org.mainstay.core.internal.run;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mainstay.kit.Host;

/**
 * The machine as one action may use it: once its time is over or it was given up, every call is refused with an exception. Code
 * that hung and comes back late can then start nothing that its clean-up has just stopped (I1, decision 0037).
 *
 * <p>Made of the interfaces by reflection, so that no method can be forgotten.
 */
final class FencedHost implements InvocationHandler {
    private final Object target;
    private final CallControl control;
    /** The parts of the host ({@code network()}, ...), fenced alike. */
    private final Map<Object, Object> parts = new ConcurrentHashMap<>();

    private FencedHost(Object target, CallControl control) {
        this.target = target;
        this.control = control;
    }

    /** Returns the host, usable as long as the control says that the action may go on. */
    static Host of(Host host, CallControl control) {
        return fenced(Host.class, host, control);
    }

    private static <T> T fenced(Class<T> type, Object target, CallControl control) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new FencedHost(target, control)));
    }

    @Override
    public Object invoke(Object proxy, java.lang.reflect.Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return ofObject(proxy, method, arguments);
        }
        control.enter();
        try {
            Object result = method.invoke(target, arguments);
            boolean part = result != null
                    && method.getDeclaringClass() == Host.class
                    && method.getReturnType().isInterface();
            return part ? parts.computeIfAbsent(result, one -> fenced(method.getReturnType(), one, control)) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        } finally {
            control.leave();
        }
    }

    private Object ofObject(Object proxy, java.lang.reflect.Method method, Object[] arguments) {
        switch (method.getName()) {
            case "equals":
                return proxy == arguments[0];
            case "hashCode":
                return System.identityHashCode(proxy);
            default:
                return "fenced " + target;
        }
    }
}
