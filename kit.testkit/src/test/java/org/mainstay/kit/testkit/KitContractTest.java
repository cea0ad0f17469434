package org.mainstay.kit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.sample.SampleKit;
import org.mainstay.kit.testkit.sample.SampleKit.Fault;

/** A good kit passes; each way to be a bad one is found and named. */
class KitContractTest {
    private static final ResourceInfo FLAG =
            new ResourceInfo("A", "flag", "flag", "sample", "flag", Map.of("key", "value"), false);
    private static final Map<Fault, String> FINDINGS = findings();

    private static Map<Fault, String> findings() {
        Map<Fault, String> findings = new EnumMap<>(Fault.class);
        findings.put(Fault.RESTORE_AGAIN_FAILS, "restore fails again, although it serves");
        findings.put(Fault.RESTORE_AGAIN_RESTARTS, "a second restore changes what runs");
        findings.put(Fault.REMOVE_AGAIN_FAILS, "remove fails before the first restore");
        findings.put(Fault.REMOVE_ONLY_CLAIMS, "probe says RUNNING (it runs), not STOPPED, after remove");
        findings.put(Fault.CHECK_ALWAYS_GOOD, "quickCheck succeeds before the first restore");
        findings.put(Fault.PROBE_FROM_MEMORY, "probe says RUNNING of what was broken");
        findings.put(Fault.STARTS_WITHOUT_TIME, "restore has started something although its time was over");
        findings.put(Fault.GOES_ON_WHEN_CANCELLED, "s after it was cancelled before step 2 of 3 (cancelled)");
        findings.put(
                Fault.CLAIMS_WHEN_CANCELLED,
                "restore succeeds although it was cancelled before step 2 of 3 (cancelled) and nothing serves");
        findings.put(
                Fault.FORGETS_WHAT_WAS_CANCELLED,
                "not STOPPED, after a restore that was cancelled before step 3 of 3 (cancelled), and its remove");
        findings.put(
                Fault.REMOVE_GOES_ON_WHEN_CANCELLED,
                "remove goes on for 0 s after it was cancelled before step 1 of 1 (cancelled)");
        findings.put(
                Fault.REMOVE_CLAIMS_WHEN_CANCELLED,
                "remove succeeds although it was cancelled before step 1 of 1 (cancelled) and something is left");
        findings.put(
                Fault.REMOVE_ONLY_ONCE,
                "not STOPPED, after a remove that was cancelled before step 1 of 1 (cancelled), and its remove");
        findings.put(Fault.LEAVES_A_TRACE, "traces are left after remove: gone [], new [a file]");
        findings.put(Fault.LEAVES_A_THREAD, "threads of the kit stay: [left by the sample kit]");
        findings.put(Fault.THROWS, "probe throws java.lang.IllegalStateException: a defect");
        findings.put(Fault.ANSWERS_NOTHING, "quickCheck answers nothing");
        findings.put(Fault.MIGRATES_ITS_OWN, "migrate changes properties of its own version");
        return findings;
    }

    private static <T> T stub(Class<T> type, Function<String, Object> answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> answers.apply(method.getName())));
    }

    private static CreateContext context(ResourceInfo resource, Duration limit) {
        return context(resource, limit, null);
    }

    private static CreateContext context(ResourceInfo resource, Duration limit, Host host) {
        return (CreateContext) Proxy.newProxyInstance(
                CreateContext.class.getClassLoader(),
                new Class<?>[] {CreateContext.class},
                (self, method, arguments) -> {
                    return switch (method.getName()) {
                        case "resource" -> resource;
                        case "remaining" -> limit;
                        case "host" ->
                            Optional.ofNullable(host)
                                    .orElseThrow(() -> new UnsupportedOperationException("no host here"));
                        case "cancelled" -> limit.compareTo(Duration.ofSeconds(1)) < 0;
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                });
    }

    private static KitContract contract(SampleKit kit) {
        return new KitContract(kit, KitContractTest::context)
                .breaking(resource -> kit.breakIt())
                .leavingNothing(kit::traces)
                .unchangedByRepetition(kit::marks)
                .settlingWithin(Duration.ofMillis(100));
    }

    @Test
    void aGoodKitPasses() {
        SampleKit kit = new SampleKit();
        assertThatCode(() -> contract(kit).verify(FLAG)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void aBadKitIsFound(Fault fault) {
        SampleKit kit = new SampleKit(fault);
        KitContract contract = contract(kit).endingWithin(Duration.ofMillis(500));
        Throwable found = catchThrowable(() -> contract.verify(FLAG));
        kit.end();
        assertThat(found).isInstanceOf(AssertionError.class).hasMessageContaining(FINDINGS.get(fault));
    }

    /** A worker that ends between the list of processes and the look at its parent is no sign of a restart. */
    @Test
    void aWorkerThatEndsWhileItIsLookedAtIsNoFinding() throws Exception {
        Process worker = new ProcessBuilder("true").start();
        worker.waitFor();
        List<List<Long>> lists = new ArrayList<>(List.of(List.of(worker.pid())));
        HostProcesses processes = stub(
                HostProcesses.class,
                name -> name.equals("inService") && !lists.isEmpty() ? lists.remove(0) : List.of());
        Host host = stub(Host.class, name -> processes);
        KitContract contract = new KitContract(new SampleKit(), (resource, limit) -> context(resource, limit, host));
        assertThatCode(() -> contract.verify(FLAG)).doesNotThrowAnyException();
        assertThat(lists).isEmpty();
    }

    @Test
    void everyFaultHasItsFinding() {
        assertThat(FINDINGS).containsOnlyKeys(Fault.values());
    }
}
