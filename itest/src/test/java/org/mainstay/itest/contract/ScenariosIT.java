package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * What a user who knows the original product would test first, on two servers made from the distribution. The first three with the
 * profile {@code classic}; 8 to 10, 12 and 14 are lines of contract/lcdi.txt; docs/coverage.md lists them all.
 */
class ScenariosIT extends ContractCase {
    private static final Duration QUIET = Duration.ofSeconds(8);

    @Override
    void prepare(Lab opened) {
        opened.addServer("A", distribution());
        opened.addServer("B", distribution());
    }

    private static void profile(Server server, String name) {
        String file = server.home() + "/etc/default/LifeKeeper";
        server.machine()
                .run("sh", "-c", "sed -i '/^PROFILE=/d' " + file + " && echo PROFILE=" + name + " >> " + file)
                .orThrow();
    }

    /** Types a line in a shell on a server. */
    private static Exec.Result shell(Server server, String line) {
        return server.machine()
                .run("sh", "-c", "export LKROOT=" + server.home() + " PATH=" + server.home() + "/bin:$PATH; " + line);
    }

    private static String summary(Server server, String peer) {
        return rows(json(server, "mainstay node show --json"), "paths").stream()
                .filter(row -> text(row, "server").equals(peer))
                .map(row -> text(row, "summary"))
                .findFirst()
                .orElseThrow();
    }

    // covers SCN-002 ADM-401 ADM-402 ADM-404 ADM-406 ADM-040 COMM-032 COMM-033
    @Test
    @Order(1)
    void scenario2RangesOfTheManual() {
        profile(a(), "classic");
        profile(b(), "classic");
        for (String port : List.of("1499", "10001")) {
            assertThat(expect(5, a(), "mainstay node init --name A --address 10.77.1.1 --port " + port))
                    .contains(port, "1500 to 10000");
        }
        ok(a(), "mainstay node init --name A --address 10.77.1.1 --port 1500");
        ok(a(), "lkstart");
        ok(
                b(),
                "mainstay node join --name B --address 10.77.1.2 --port 10000 --peer 10.77.1.1 --code "
                        + Cluster.invite(a()));
        ok(b(), "lkstart");
        assertThat(summary(a(), "B")).isEqualTo("NONE DEFINED");
        String path = "mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2 ";
        for (String bad : List.of(
                "--interval 3",
                "--interval 3.9",
                "--interval 16",
                "--misses 2",
                "--misses 100",
                "--priority 0",
                "--priority 100")) {
            assertThat(expect(5, a(), path + bad)).as(bad).contains(bad.substring(bad.indexOf(' ') + 1));
        }
        ok(a(), path + "--interval 4 --misses 3 --priority 1");
        ok(a(), "mainstay commpath delete --to B --local 10.77.1.1 --remote 10.77.1.2");
        ok(a(), path + "--interval 15 --misses 99 --priority 99");
        ok(a(), "mainstay commpath delete --to B --local 10.77.1.1 --remote 10.77.1.2");
    }

    // covers SCN-001 ADM-092 ADM-093 ADM-083 ADM-035 ADM-038 ADM-401 ADM-402 COMM-032 COMM-033 COMM-003
    @Test
    @Order(2)
    void scenario1DefaultsOfTheManual() {
        ok(a(), "mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2");
        assertThat(ok(a(), "mainstay commpath list")).contains("6 s x 5", "ALIVE");
        assertThat(summary(a(), "B")).as("one path: no redundancy").isEqualTo("WARNING");
        ok(a(), "mainstay commpath create --to B --local 10.77.2.1 --remote 10.77.2.2");
        assertThat(summary(a(), "B")).isEqualTo("NORMAL");
    }

    // covers SCN-003 ADM-036 ADM-039 ADM-094 ADM-100 ADM-101 COMM-035
    @Test
    @Order(3)
    void scenario3APathFails() {
        assertThat(ok(a(), "mainstay commpath delete --to B --local 10.77.2.1 --remote 10.77.2.2"))
                .isNotBlank();
        a().machine().cable(1, false);
        long cut = System.nanoTime();
        Await.until(
                "the path is dead",
                Duration.ofSeconds(60),
                () -> summary(a(), "B").equals("FAILED"));
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - cut);
        assertThat(seconds).as("about 30 s").isBetween(22L, 42L);
        a().machine().cable(1, true);
        Await.until("it is alive again", LIMIT, () -> summary(a(), "B").equals("WARNING"));
        profile(a(), "");
        profile(b(), "");
        ok(a(), "mainstay commpath delete --to B --local 10.77.1.1 --remote 10.77.1.2");
        ok(a(), "mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2");
        ok(a(), "mainstay commpath create --to B --local 10.77.2.1 --remote 10.77.2.2");
        assertThat(ok(a(), "mainstay commpath list")).contains("0.5 s x 6");
    }

    /** Succeeds if the process of the file runs; one that has ended and waits for its parent does not. */
    private static String alive(String pid) {
        return "p=$(cat " + pid + " 2>/dev/null); [ -n \"$p\" ] && s=$(cut -d' ' -f3 /proc/$p/stat 2>/dev/null)"
                + " && [ -n \"$s\" ] && [ \"$s\" != Z ]";
    }

    /** An application that is a process: the scripts start, end and look for it by a file with its id. */
    private void application(String tag) {
        String pid = "/opt/" + tag + ".pid";
        String start =
                script(tag + "-start", "if " + alive(pid) + "; then exit 0; fi\nsleep 100000 &\necho $! > " + pid);
        String stop = script(
                tag + "-stop", "[ -f " + pid + " ] || exit 0\nkill $(cat " + pid + ") 2>/dev/null\nrm -f " + pid);
        String check = script(tag + "-check", "echo x >> /opt/" + tag + ".checks\n" + alive(pid));
        ok(
                a(),
                "mainstay resource create app --tag " + tag + " --set restore=" + start + " --set remove=" + stop
                        + " --set quickCheck=" + check + " --set localRecovery=no");
        ok(a(), "mainstay resource extend " + tag + " --to B");
    }

    private static String pid(Server server, String tag) {
        return server.machine().run("cat", "/opt/" + tag + ".pid").output().strip();
    }

    private static boolean runs(Server server, String tag) {
        return shell(server, alive("/opt/" + tag + ".pid")).exitCode() == 0;
    }

    // covers SCN-004 ADM-060 ADM-063 FLG-021
    @Test
    @Order(4)
    void scenario4ShutdownStrategy() {
        application("moved");
        ok(a(), "mainstay stop --system-shutdown");
        ok(a(), "lkstop");
        Await.pass(QUIET);
        assertThat(b().state("moved", "B")).isEqualTo("OSU");
        ok(a(), "lkstart");
        b().await("moved", "A", "ISP", LIMIT);
        ok(a(), "mainstay node set --shutdown-strategy switch-over");
        ok(a(), "flg_test -f shutdown_switchover");
        ok(a(), "mainstay stop --system-shutdown");
        b().await("moved", "B", "ISP", LIMIT);
        ok(a(), "lkstop");
        ok(a(), "lkstart");
        ok(a(), "mainstay node set --shutdown-strategy stay");
        Await.until("A is back", LIMIT, () -> a().state("moved", "B").equals("ISP"));
        ok(a(), "mainstay resource in-service moved");
    }

    // covers SCN-005 CMD-091 CMD-093 CMD-095 ADM-064
    @Test
    @Order(5)
    void scenario5LkstopVariants() {
        ok(a(), "lkstop");
        assertThat(runs(a(), "moved")).isFalse();
        Await.pass(QUIET);
        assertThat(b().state("moved", "B")).isEqualTo("OSU");
        ok(a(), "lkstart");
        a().await("moved", "A", "ISP", LIMIT);
        String before = pid(a(), "moved");
        ok(a(), "lkstop -f");
        assertThat(runs(a(), "moved")).isTrue();
        ok(a(), "lkstart");
        a().await("moved", "A", "ISP", LIMIT);
        assertThat(pid(a(), "moved")).isEqualTo(before);
    }

    private long checks(String tag) {
        return shell(a(), "cat /opt/" + tag + ".checks 2>/dev/null")
                .output()
                .lines()
                .count();
    }

    // covers SCN-006 ADM-072 ADM-073 ADM-074 ADM-075 CMD-190 CMD-191
    @Test
    @Order(6)
    void scenario6FailoverRestriction() {
        application("kept");
        ok(a(), "ins_setchkint -t kept -c q -v 1");
        ok(a(), "ins_setchkint -t kept -c deep -v 0");
        assertThat(expect(5, a(), "mainstay node set --no-resource-failover B")).contains("--no-system-failover B");
        ok(a(), "mainstay node set --no-system-failover B --no-resource-failover B");
        Await.until("it is checked", LIMIT, () -> checks("kept") > 1);
        a().machine().signal(Long.parseLong(pid(a(), "kept")), "KILL");
        Await.until(
                "it is marked failed",
                LIMIT,
                () -> text(resource(a(), "kept", "A"), "failed").equals("true"));
        long seen = checks("kept");
        Await.pass(QUIET);
        assertThat(checks("kept")).as("no more checks").isBetween(seen, seen + 1);
        assertThat(b().state("kept", "B")).isEqualTo("OSU");
        assertThat(a().state("kept", "A")).as("not stopped").startsWith("IS");
        ok(a(), "mainstay node set --allow-failover B");
        ok(a(), "mainstay resource delete kept --stop");
    }

    // covers SCN-007 ADM-117 ADM-150 ADM-159 ADM-160 ADM-165
    @Test
    @Order(7)
    void scenario7GenericApplicationThatCannotStart() {
        String bad = script("bad", "echo no such disk >&2; exit 3");
        String good = script("good", "exit 0");
        String app = "mainstay resource create app --set restore=" + good + " --set remove=" + good;
        ok(a(), app);
        ok(a(), app);
        assertThat(tags(lines(a(), "ins_list -f:"))).contains("App.0", "App.1");
        ok(a(), "mainstay resource delete App.0 --stop");
        ok(a(), "mainstay resource delete App.1 --stop");
        assertThat(expect(
                        1,
                        a(),
                        "mainstay resource create app --tag bad --set restore=" + bad + " --set remove=" + good))
                .contains("nothing was created");
        assertThat(tags(lines(a(), "ins_list -f:"))).doesNotContain("bad");
        assertThat(expect(5, a(), "mainstay resource create app --tag bad --set restore=" + good))
                .contains("remove");
    }

    // covers SCN-011 CMD-006 CMD-071 FLG-003
    @Test
    @Order(8)
    void scenario11WhatWasAcknowledgedSurvivesACrash() {
        ok(a(), "flg_create -f with_sync");
        ok(a(), "lcdsync");
        ok(a(), "flg_create -f without_sync");
        a().managerProcesses().forEach(pid -> a().machine().signal(pid, "KILL"));
        Await.until(
                "the guard has started it again",
                LIMIT,
                () -> type(a(), "flg_test -f with_sync").exitCode() == 0);
        ok(a(), "flg_test -f without_sync");
        ok(a(), "flg_remove -f with_sync");
        ok(a(), "flg_remove -f without_sync");
    }

    private void scriptedType(Server server, String type, String restore) {
        String folder = server.home() + "/subsys/scripted/Resources/" + type + "/actions";
        shell(
                        server,
                        "mkdir -p " + folder + " && cd " + folder + " && printf '#!/bin/sh\\n" + restore
                                + "\\n' > restore && printf '#!/bin/sh\\nexit 0\\n' > remove && chmod +x restore remove"
                                + " && (app_create -a scripted; typ_create -a scripted -r " + type + "; true)")
                .orThrow();
    }

    // covers SCN-013 CMD-390 CMD-013 CMD-383 CMD-389
    @Test
    @Order(9)
    void scenario13AFailedRestoreStopsTheWayUp() {
        scriptedType(a(), "bad", "echo \"$@\" > /opt/bad.args; exit 1");
        scriptedType(a(), "page", "touch /opt/page.started");
        ok(a(), "ins_create -a scripted -r bad -t ip-1 -i ip-1 -Q 0 -D 0");
        ok(a(), "ins_create -a scripted -r page -t App.0 -i app0 -Q 0 -D 0");
        ok(a(), "dep_create -p App.0 -c ip-1");
        assertThat(type(a(), "perform_action -t App.0 -a restore").exitCode()).isEqualTo(1);
        assertThat(lines(a(), "ins_list -f: -t ip-1").get(0).split(":")[6]).isEqualTo("OSF");
        assertThat(lines(a(), "ins_list -f: -t App.0").get(0).split(":")[6]).isEqualTo("OSU");
        assertThat(shell(a(), "test -e /opt/page.started").exitCode())
                .as("its script has not run")
                .isNotZero();
        assertThat(shell(a(), "cat /opt/bad.args").output().strip()).isEqualTo("-t ip-1 -i ip-1");
        // what was started in vain is cleaned up still
        Await.until(
                "ip-1 can be removed",
                LIMIT,
                () -> type(a(), "ins_remove -t ip-1").exitCode() == 0,
                () -> type(a(), "mainstay status").output());
    }

    // covers SCN-016 FLG-010 FLG-011 ADM-114
    @Test
    @Order(10)
    void scenario16OneCreationAtATime() throws Exception {
        String slow = script("slow", "sleep 6");
        String good = script("good", "exit 0");
        CompletableFuture<Exec.Result> first = CompletableFuture.supplyAsync(() ->
                type(a(), "mainstay resource create app --tag first --set restore=" + slow + " --set remove=" + good));
        Await.until(
                "the lock shows",
                LIMIT,
                () -> lines(b(), "flg_list").stream().anyMatch(flag -> flag.matches("!action!.*!A:Create_Hierarchy")));
        Exec.Result second =
                type(b(), "mainstay resource create app --tag second --set restore=" + good + " --set remove=" + good);
        assertThat(first).as("the second waited").isDone();
        assertThat(second.exitCode()).as(second.output()).isZero();
        assertThat(first.get().exitCode()).isZero();
        assertThat(second.output()).contains("waiting for the administrative lock");
        Await.until(
                "the flag is gone",
                LIMIT,
                () -> lines(a(), "flg_list").stream().noneMatch(flag -> flag.startsWith("!action!")));
        ok(a(), "mainstay resource delete first --stop");
        ok(b(), "mainstay resource delete second --stop");
    }

    // covers SCN-017 ADM-220 ADM-221 ADM-224 ADM-226 ADM-228
    @Test
    @Order(11)
    void scenario17PrioritiesAreSwapped() {
        ok(a(), "mainstay resource priorities moved A=10 B=1");
        for (Server server : List.of(a(), b())) {
            assertThat(lines(server, "eqv_list -f:")).containsExactly("A:moved:B:moved:SHARED:10:1");
        }
        ok(a(), "mainstay resource priorities moved A=1 B=10");
    }

    // covers ADM-006
    @Test
    @Order(12)
    void maintenanceIsShownAndKeepsThingsAsTheyAre() {
        ok(a(), "ins_setchkint -t moved -c q -v 1");
        ok(a(), "mainstay maintenance on moved --for 1h");
        assertThat(ok(b(), "mainstay status")).contains("maintenance of moved");
        a().machine().signal(Long.parseLong(pid(a(), "moved")), "KILL");
        Await.pass(QUIET);
        assertThat(a().state("moved", "A")).isEqualTo("ISP");
        ok(b(), "mainstay maintenance off moved");
        Await.until(
                "it is noticed now",
                LIMIT,
                () -> !a().state("moved", "A").equals("ISP")
                        || b().state("moved", "B").equals("ISP"));
        b().await("moved", "B", "ISP", LIMIT);
        ok(a(), "mainstay resource in-service moved");
    }

    @Test
    @Order(13)
    void theConfigurationIsOneDocument() {
        assertThat(shell(
                                a(),
                                "mainstay config export > /opt/config.json && mainstay config apply /opt/config.json --dry-run")
                        .orThrow())
                .contains("nothing to change");
        assertThat(shell(
                                a(),
                                "sed -i 's/\"shutdownStrategy\": \"stay\"/\"shutdownStrategy\": \"switch-over\"/' /opt/config.json"
                                        + " && mainstay config apply /opt/config.json")
                        .orThrow())
                .contains("mainstay node set --on A --shutdown-strategy switch-over", "--on B");
        ok(a(), "flg_test -d B -f shutdown_switchover");
        String yes = "/usr/bin/true";
        ok(
                a(),
                "mainstay resource create app --tag rebuilt --set restore=" + yes + " --set remove=" + yes
                        + " --set quickCheck=" + yes);
        ok(a(), "mainstay resource set rebuilt quickCheck=90 deepCheck=0");
        shell(
                        a(),
                        "mainstay config export > /opt/one.json && mainstay resource delete rebuilt --stop"
                                + " && mainstay config apply /opt/one.json && mainstay config export > /opt/two.json"
                                + " && cmp /opt/one.json /opt/two.json && mainstay resource delete rebuilt --stop")
                .orThrow();
        ok(a(), "mainstay node set --shutdown-strategy stay");
        ok(a(), "mainstay node set --on B --shutdown-strategy stay");
        assertThat(ok(a(), "mainstay events --audit -n 20")).contains("root", "flags/shutdown_switchover");
        assertThat(ok(a(), "mainstay events --lang ja -n 50")).contains("サーバー");
    }

    // covers SCN-018 CMD-350 CMD-351 CMD-352 CMD-353 CMD-354 CMD-355 CMD-356 CMD-357
    @Test
    @Order(14)
    void scenario18ValuesOfTheStoppedDatabase() {
        assertThat(shell(a(), "lk_chg_value -o 10.77.1.1 -n 10.77.1.9").exitCode())
                .as("running")
                .isEqualTo(3);
        ok(a(), "ins_setin -t moved -v old-text,10.77.8.1");
        ok(a(), "mainstay resource out-of-service moved");
        ok(a(), "lkstop");
        assertThat(shell(a(), "unset LKROOT; lk_chg_value -o x -n y").exitCode())
                .isEqualTo(6);
        assertThat(shell(a(), "lk_chg_value -o nosuchvalue -n y").exitCode()).isEqualTo(7);
        assertThat(shell(a(), "lk_chg_value -o OLD-TEXT -n y").exitCode())
                .as("case-sensitive")
                .isEqualTo(7);
        assertThat(shell(a(), "lk_chg_value -o onlyone").exitCode()).isEqualTo(2);
        assertThat(shell(a(), "lk_chg_value -o A -n X").exitCode())
                .as("the name of a member (decision 0285)")
                .isEqualTo(2);
        Exec.Result shown = shell(a(), "lk_chg_value -M -o old-text -n new-text");
        assertThat(shown.exitCode()).as(shown.output()).isZero();
        assertThat(shown.output()).contains("old-text,10.77.8.1 -> new-text,10.77.8.1");
        assertThat(shell(a(), "lk_chg_value -M -o old-text -n new-text").exitCode())
                .as("-M changed nothing")
                .isZero();
        String values = "printf 'old-text=new-text\\n10.77.8.1=10.77.8.2\\nmoved=renamed\\n' > /opt/subs; ";
        assertThat(shell(a(), values + "lk_chg_value -f /opt/subs").exitCode())
                .as("the id is the tag: only with -F or -I")
                .isEqualTo(5);
        assertThat(shell(a(), values + "lk_chg_value.ksh -vFf /opt/subs").orThrow())
                .contains("new-text,10.77.8.2", "moved -> renamed");
        ok(b(), "lkstop");
        shell(b(), values + "lk_chg_value -F -f /opt/subs").orThrow();
        ok(a(), "lkstart");
        ok(b(), "lkstart");
        assertThat(lines(a(), "ins_list -f: -t renamed").get(0).split(":")[5]).isEqualTo("new-text,10.77.8.2");
        assertThat(lines(b(), "eqv_list -f:")).containsExactly("A:renamed:B:renamed:SHARED:1:10");
        Await.until("they are in touch", LIMIT, () -> summary(a(), "B").equals("NORMAL"));
        ok(a(), "mainstay resource in-service renamed");
    }

    // covers SCN-015 SCN-009 CMD-066
    @Test
    @Order(15)
    void scenario15TheServerGoesDownMeanwhile() throws Exception {
        CompletableFuture<Exec.Result> waiting =
                CompletableFuture.supplyAsync(() -> shell(a(), "lcdremexec -d B -- sleep 1000"));
        Await.until(
                "it runs on B",
                LIMIT,
                () -> !b().machine().processes("sleep 1000").isEmpty());
        b().machine().powerCut();
        Exec.Result ended = waiting.get(60, TimeUnit.SECONDS);
        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(9);
        assertThat(expect(9, a(), "lcdremexec -d B -- true")).contains("B");
        assertThat(expect(9, a(), "ins_list -d B")).contains("B");
        assertThat(expect(9, a(), "lcdrcp /etc/hostname B:/opt/x")).contains("B");
    }
}
