package org.mainstay.quorum.internal.fence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.mainstay.cluster.Fencing.Acknowledgement;

/** The record of operators' words, one line each, never shortened: who said that a server is off, from where, when. Thread-safe. */
final class Acknowledgements {
    private static final int SHOWN = 100;

    private final Path file;

    Acknowledgements(Path file) {
        this.file = file;
    }

    /** Adds one durably. @throws IOException if it cannot be kept: then it does not count */
    synchronized void add(Acknowledgement word) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        String line = String.join(
                        "\t",
                        Long.toString(word.at()),
                        clean(word.server()),
                        clean(word.user()),
                        clean(word.from()),
                        clean(word.remark()))
                + "\n";
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    private static String clean(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    /** Returns the newest, newest first. */
    synchronized List<Acknowledgement> newest() throws IOException {
        List<Acknowledgement> words = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                String[] parts = line.split("\t", -1);
                if (parts.length == 5 && parts[0].matches("[0-9]{1,18}")) {
                    words.add(new Acknowledgement(parts[1], parts[2], parts[3], Long.parseLong(parts[0]), parts[4]));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        }
        Collections.reverse(words);
        return List.copyOf(words.subList(0, Math.min(SHOWN, words.size())));
    }
}
