package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.lease.Witness.Word;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.MemoryFolder;
import org.mainstay.guard.util.Result;

/** Two to four servers with one folder, as the scenarios QUO-100 to QUO-105 see it, and the storage's faults. */
class StorageWitnessIT {
    @TempDir(factory = MemoryFolder.class)
    Path folder;

    private Path share;
    private final List<Node> nodes = new ArrayList<>();

    private Node[] cluster(String... names) throws Exception {
        if (share == null) {
            share = Files.createDirectories(folder.resolve("share"));
        }
        Set<String> members = new TreeSet<>(List.of(names));
        for (String name : names) {
            nodes.add(new Node(folder, share, name, members));
        }
        return nodes.toArray(new Node[0]);
    }

    private Node[] running(String... names) throws Exception {
        Node[] all = cluster(names);
        initialise(all);
        Await.until("all see all", 30_000, () -> {
            for (Node a : all) {
                for (Node b : all) {
                    if (a != b && a.told.word(b.name) != Word.ALIVE) {
                        return false;
                    }
                }
            }
            return true;
        });
        return all;
    }

    private static void initialise(Node... all) throws Exception {
        List<CompletableFuture<Result>> results = new ArrayList<>();
        for (Node node : all) {
            results.add(node.init(new ArrayList<>()));
        }
        for (CompletableFuture<Result> result : results) {
            assertThat(result.get(60, TimeUnit.SECONDS)).matches(Result::done);
        }
    }

    @AfterEach
    void end() throws Exception {
        for (Node node : nodes) {
            assertThat(node.told.overlapped)
                    .as("the listener is called one call at a time")
                    .isFalse();
            node.close();
        }
    }

    /** MSG-030 to MSG-032, MSG-036: what happens to the objects is told with the numbers of the catalog. */
    private static void awaitMessage(Node node, String begin, String text) throws Exception {
        Await.until(
                begin + " " + text + " at " + node.name,
                30_000,
                () -> node.told.messages.stream().anyMatch(one -> one.startsWith(begin + " ") && one.contains(text)));
    }

    private static void awaitWord(Node node, String peer, Word word) throws Exception {
        Await.until(node.name + " says " + word + " of " + peer, 40_000, () -> node.told.word(peer) == word);
    }

    // --- init and exit

    // covers QUO-091
    @Test
    void initBlocksUntilAllAreInitialisedAndSaysWhoIsMissing() throws Exception {
        Node[] all = cluster("a", "b", "c");
        List<String> said = new ArrayList<>();
        CompletableFuture<Result> a = all[0].init(said);
        CompletableFuture<Result> b = all[1].init(said);
        Await.until("only c is missing", 30_000, () -> {
            synchronized (said) {
                return said.stream()
                        .anyMatch(text -> text.matches("a: waiting for the QWK objects of c \\(.*not exist\\)"));
            }
        });
        assertThat(a).isNotDone();
        assertThat(all[0].told.writes()).as("no lease before all are there").isZero();
        assertThat(all[0].told.usable).isFalse();
        CompletableFuture<Result> c = all[2].init(said);
        for (CompletableFuture<Result> each : List.of(a, b, c)) {
            assertThat(each.get(60, TimeUnit.SECONDS).message()).contains("a, b, c");
        }
        for (Node node : all) {
            Await.until("a lease", 30_000, node::leased);
            Await.until("usable", 30_000, () -> node.told.usable);
        }
    }

    @Test
    void initThatIsInterruptedOrWhoseGuardDiesGoesOnLater() throws Exception {
        Node[] all = cluster("a", "b");
        List<String> said = new ArrayList<>();
        Thread command = new Thread(() -> {
            try {
                all[0].witness.initialise(sentence -> {
                    synchronized (said) {
                        said.add(sentence);
                    }
                });
            } catch (InterruptedException e) {
                synchronized (said) {
                    said.add("interrupted");
                }
            }
        });
        command.start();
        Await.until("waits", 30_000, () -> {
            synchronized (said) {
                return said.stream().anyMatch(text -> text.startsWith("waiting"));
            }
        });
        command.interrupt();
        command.join(30_000);
        assertThat(said).contains("interrupted");
        all[0].die();
        all[0].start();
        CompletableFuture<Result> b = all[1].init(said);
        assertThat(all[0].init(said).get(60, TimeUnit.SECONDS)).matches(Result::done);
        assertThat(b.get(60, TimeUnit.SECONDS)).matches(Result::done);
    }

    @Test
    void withoutInitThereIsNoLease() throws Exception {
        Node[] all = cluster("a", "b");
        Await.until("said", 30_000, () -> all[0].told.trouble.contains("qwk_storage_init has not been run"));
        assertThat(all[0].told.word("b")).isEqualTo(Word.UNKNOWN);
        assertThat(all[0].leased()).isFalse();
        assertThat(share).isEmptyDirectory();
    }

    // covers QUO-093 QUO-094
    @Test
    void exitEndsItAndInitBeginsAnew() throws Exception {
        Node[] all = running("a", "b");
        assertThat(all[1].witness.exit(text -> {}).message()).endsWith("ended on this server");
        Await.until("b's lease ends", 30_000, () -> !all[1].leased() && !all[1].told.usable);
        Await.until("a knows", 30_000, () -> all[0].told.reason("b").contains("qwk_storage_exit"));
        long since = Recorder.now();
        Await.until("long enough", 30_000, () -> Recorder.now() - since > 2 * Node.OBSERVE);
        assertThat(all[0].told.word("b")).as("left on purpose is not failed").isEqualTo(Word.UNKNOWN);
        Await.until("leased", 30_000, all[0]::leased);
        initialise(all[1]);
        awaitWord(all[0], "b", Word.ALIVE);
        awaitWord(all[1], "a", Word.ALIVE);
    }

    @Test
    void somethingElseIsNeverOverwritten() throws Exception {
        Node[] all = cluster("a", "b");
        Files.writeString(share.resolve("a"), "my diary");
        Result result = all[0].init(new ArrayList<>()).get(60, TimeUnit.SECONDS);
        assertThat(result.done()).isFalse();
        assertThat(result.message()).contains("holds something else");
        assertThat(share.resolve("a")).hasContent("my diary");
    }

    @Test
    void theObjectOfAnotherClusterIsNotTaken() throws Exception {
        Node[] all = running("a", "b");
        all[0].die();
        Node stranger = new Node(Files.createDirectories(folder.resolve("other")), share, "a", Set.of("a", "x"));
        nodes.add(stranger);
        Result result = stranger.init(new ArrayList<>()).get(60, TimeUnit.SECONDS);
        assertThat(result.done()).isFalse();
        assertThat(result.message()).contains("another cluster");
    }

    // --- the scenarios

    // covers MSG-031 QUO-037 QUO-080 QUO-082 QUO-088
    @Test
    void aServerThatDiesIsJudgedFailedByAllNotBeforeItsTime() throws Exception {
        Node[] all = running("a", "b", "c", "d");
        long last = all[0].told.written;
        all[0].die();
        for (Node node : List.of(all[1], all[2], all[3])) {
            awaitWord(node, "a", Word.FAILED);
            awaitMessage(node, "18168 I", "(storage, a): failed");
            assertThat(node.told.failedAt("a")).isGreaterThanOrEqualTo(last + Node.LEASE + Node.STOP);
            Await.until("leased", 30_000, node::leased);
            awaitWord(node, "b".equals(node.name) ? "c" : "b", Word.ALIVE);
        }
        // QUO-102, QUO-103: it returns and sees that the others are alive
        all[0].start();
        for (String peer : List.of("b", "c", "d")) {
            awaitWord(all[0], peer, Word.ALIVE);
            awaitWord(all[1], "a", Word.ALIVE);
        }
        awaitMessage(all[0], "18147 I", "valid object, sequence");
        Await.until("a lease again, without init", 30_000, all[0]::leased);
    }

    // covers QUO-032 QUO-082 QUO-084
    @Test
    void aServerThatLosesTheStorageLosesItsLeaseBeforeItIsJudgedFailed() throws Exception {
        Node[] all = running("a", "b");
        all[0].store.denied = "Stale file handle";
        Await.until("no lease", 30_000, () -> !all[0].leased());
        Await.until("said", 30_000, () -> all[0].told.trouble.contains("Stale file handle"));
        assertThat(all[0].told.word("b")).as("who cannot read judges nobody").isEqualTo(Word.UNKNOWN);
        awaitWord(all[1], "a", Word.FAILED);
        assertThat(all[1].told.failedAt("a")).isGreaterThanOrEqualTo(all[0].told.written + Node.LEASE + Node.STOP);
        assertThat(all[0].told.word("b")).isEqualTo(Word.UNKNOWN);
        all[0].store.denied = "";
        awaitWord(all[1], "a", Word.ALIVE);
        awaitWord(all[0], "b", Word.ALIVE);
        Await.until("leased", 30_000, all[0]::leased);
    }

    @Test
    void storageThatIsAwayForAllFailsNobody() throws Exception {
        Node[] all = running("a", "b", "c");
        for (Node node : all) {
            node.store.denied = "no route to host";
        }
        for (Node node : all) {
            Await.until("no lease", 30_000, () -> !node.leased() && !node.told.usable);
        }
        long since = Recorder.now();
        Await.until("long enough", 30_000, () -> Recorder.now() - since > 2 * Node.OBSERVE);
        for (Node node : all) {
            node.store.denied = "";
        }
        for (Node a : all) {
            for (Node b : all) {
                if (a != b) {
                    awaitWord(a, b.name, Word.ALIVE);
                    assertThat(a.told.failedAt(b.name)).as("never").isEqualTo(Long.MIN_VALUE);
                }
            }
        }
    }

    // --- faults of the storage

    // covers MSG-036
    @Test
    void hungStorageStopsNothingButItsThread() throws Exception {
        Node[] all = running("a", "b");
        all[0].store.hang = new CountDownLatch(1);
        Await.until("said", 30_000, () -> all[0].told.trouble.contains("does not answer"));
        awaitMessage(all[0], "18102 E", "does not answer");
        Await.until("no lease", 30_000, () -> !all[0].leased());
        awaitWord(all[1], "a", Word.FAILED);
        assertThat(all[0].told.word("b")).isEqualTo(Word.UNKNOWN);
        int writes = all[0].told.writes();
        CountDownLatch hang = all[0].store.hang;
        all[0].store.hang = null;
        hang.countDown();
        Await.until("writes again", 30_000, () -> all[0].told.writes() > writes && all[0].leased());
        awaitMessage(all[0], "18211 I", "can be written again");
        awaitWord(all[1], "a", Word.ALIVE);
    }

    @Test
    void aWriteThatComesThroughTooLateGivesNoLease() throws Exception {
        Node[] all = running("a", "b");
        byte[] before = Files.readAllBytes(share.resolve("a"));
        all[0].store.writesHang = new CountDownLatch(1);
        Await.until("no lease for long", 30_000, () -> Recorder.now() > all[0].told.written + 3 * Node.LEASE);
        int writes = all[0].told.writes();
        all[0].store.denied = "gone after the write";
        all[0].store.writesHang.countDown();
        Await.until("the next call", 30_000, () -> all[0].told.trouble.contains("gone after the write"));
        assertThat(Files.readAllBytes(share.resolve("a"))).as("it came through").isNotEqualTo(before);
        assertThat(all[0].told.writes()).isEqualTo(writes);
        assertThat(all[0].leased()).isFalse();
        all[0].store.denied = "";
        Await.until("leased again", 30_000, all[0]::leased);
    }

    @Test
    void readOnlyStorageGivesNoLease() throws Exception {
        Node[] all = running("a", "b");
        all[0].store.readOnly = true;
        Await.until("no lease", 30_000, () -> !all[0].leased());
        Await.until("said", 30_000, () -> all[0].told.trouble.contains("Read-only"));
        awaitMessage(all[0], "18131 E", "Read-only");
        awaitWord(all[1], "a", Word.FAILED);
    }

    // covers MSG-031
    @Test
    void tornWritesAreNeverTrustedAndHealByTheNextWholeOne() throws Exception {
        Node[] all = running("a", "b");
        all[0].store.tearsWrites = true;
        awaitWord(all[1], "a", Word.FAILED);
        assertThat(all[1].told.reason("a")).contains("checksum");
        awaitMessage(all[1], "18146 E", "checksum");
        assertThat(all[1].told.told("18146 E"))
                .as("a page torn again and again is one message")
                .isEqualTo(1);
        assertThat(all[0].leased()).isFalse();
        all[0].die();
        all[0].store.tearsWrites = false;
        all[0].start();
        awaitMessage(all[0], "18148 I", "half written");
        Await.until("leased", 30_000, all[0]::leased);
        awaitWord(all[1], "a", Word.ALIVE);
    }

    // covers MSG-031
    @Test
    void anEmptyMountPointIsNoAccess() throws Exception {
        Node[] all = running("a", "b");
        Files.move(share, folder.resolve("away"));
        Files.createDirectory(share);
        for (Node node : all) {
            Await.until("no lease", 30_000, () -> !node.leased() && !node.told.usable);
            assertThat(node.told.trouble).contains("mounted?");
            awaitMessage(node, "18149 E", "does not exist");
        }
        assertThat(share).isEmptyDirectory();
        assertThat(all[0].told.failedAt("b")).isEqualTo(Long.MIN_VALUE);
        Files.delete(share);
        Files.move(folder.resolve("away"), share);
        awaitWord(all[0], "b", Word.ALIVE);
        Await.until("leased", 30_000, all[0]::leased);
    }

    @Test
    void anOlderCopyOfTheFolderIsNoAccess() throws Exception {
        Node[] all = running("a", "b");
        byte[] old = Files.readAllBytes(share.resolve("a"));
        all[0].witness.exit(text -> {});
        initialise(all[0]);
        Await.until("leased", 30_000, all[0]::leased);
        all[0].die();
        all[0].awaitQuiet();
        Files.write(share.resolve("a"), old);
        all[0].start();
        Await.until("refused", 30_000, () -> all[0].told.trouble.contains("another initialisation"));
        awaitMessage(all[0], "18136 E", "another initialisation");
        assertThat(all[0].told.writes()).isZero();
        assertThat(Files.readAllBytes(share.resolve("a"))).isEqualTo(old);
    }

    @Test
    void aForeignWriterIsNoticedAndLeftAlone() throws Exception {
        Node[] all = running("a", "b");
        byte[] other = Files.readAllBytes(share.resolve("b"));
        Await.until("noticed", 30_000, () -> {
            if (all[0].told.usable) {
                Files.write(share.resolve("a"), other);
            }
            return all[0].told.trouble.contains("written by b");
        });
        Await.until("no lease", 30_000, () -> !all[0].leased());
        awaitWord(all[1], "a", Word.FAILED);
        assertThat(all[1].told.reason("a")).contains("the object of a is written by b");
        awaitMessage(all[0], "18138 E", "written by b");
        awaitMessage(all[1], "18138 E", "written by b");
    }

    @Test
    void staleReadsOfAReaderFailNobodyEarlierAndHideNobodyForever() throws Exception {
        Node[] all = running("a", "b");
        all[1].store.stale = true;
        // The reader's own object is stale as well; its writes go on.
        awaitWord(all[1], "a", Word.FAILED);
        all[1].store.stale = false;
        awaitWord(all[1], "a", Word.ALIVE);
    }

    @Test
    void aFrozenFileSystemHangsNothingElse(@TempDir Path disk) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "mounts need root");
        share = Files.createDirectories(disk.resolve("share"));
        FileStoreTest.mount("ext4", share);
        try {
            Node[] all = running("a", "b");
            FileStoreTest.run("fsfreeze", "-f", share.toString());
            try {
                for (Node node : all) {
                    Await.until("no lease", 30_000, () -> !node.leased() && !node.told.usable);
                    assertThat(node.told.trouble).contains("does not answer");
                }
                long before = Recorder.now();
                all[1].die();
                all[1].start();
                assertThat(Recorder.now() - before)
                        .as("who ends or starts a witness does not wait for the storage")
                        .isLessThan(20_000);
            } finally {
                FileStoreTest.run("fsfreeze", "-u", share.toString());
            }
            for (Node node : all) {
                Await.until("leased again", 30_000, node::leased);
            }
            awaitWord(all[0], "b", Word.ALIVE);
            assertThat(all[0].told.failedAt("b")).isEqualTo(Long.MIN_VALUE);
        } finally {
            for (Node node : nodes) {
                node.close();
            }
            Await.until("unmounted", 30_000, () -> {
                try {
                    FileStoreTest.run("umount", share.toString());
                    return true;
                } catch (AssertionError e) {
                    return false;
                }
            });
        }
    }
}
