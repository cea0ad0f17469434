package org.mainstay.kit.testkit;

import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.HandleResult;

/** There is no guard on a workbench: reservations are answered so, and everything else is a mistake of the test. */
final class NoGuard {
    private static final String ANSWER = "there is no guard on the workbench";

    private NoGuard() {}

    static GuardControl create() {
        return (GuardControl) Proxy.newProxyInstance(
                NoGuard.class.getClassLoader(), new Class<?>[] {GuardControl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("reservation")) {
                        return CompletableFuture.completedFuture(new HandleResult(false, ANSWER));
                    }
                    throw new IllegalStateException(method.getName() + ": " + ANSWER);
                });
    }
}
