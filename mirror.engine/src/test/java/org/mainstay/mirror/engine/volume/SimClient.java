package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.mainstay.mirror.engine.io.BlockRequest;

/** What an application did to the volume, cell by cell of 4 KiB, and what it may therefore expect to find. */
final class SimClient {
    static final int CELL = 4096;
    private static final long NEVER = Long.MAX_VALUE;

    /** The values of one cell in order; the number of a value is what is written, so it says which one it is. */
    private static final class Cell {
        final List<Long> values = new ArrayList<>(List.of(0L));
        /** When each value was written, and answered. */
        final List<long[]> times = new ArrayList<>(List.of(new long[] {0, 0}));

        int acked;
        int flushed;
        boolean busy;

        void add(long value, long now) {
            busy = true;
            values.add(value);
            times.add(new long[] {now, NEVER});
        }
    }

    final class Request extends BlockRequest {
        private final ByteBuffer data;
        private final int cell;
        private final int[] known;
        int result = -1;

        Request(Kind kind, int cell, long value, boolean fua) {
            this.kind = kind;
            this.cell = cell;
            this.offset = kind == Kind.FLUSH ? 0 : (long) cell * CELL;
            this.length = kind == Kind.FLUSH ? 0 : CELL;
            this.fua = fua;
            this.data = ByteBuffer.allocateDirect(CELL);
            for (int i = 0; kind == Kind.WRITE && i < CELL; i += Long.BYTES) {
                data.putLong(i, value);
            }
            this.known = new int[cells.length];
            for (int i = 0; i < known.length; i++) {
                known[i] = cells[i].acked;
            }
        }

        @Override
        public ByteBuffer data() {
            return data.duplicate().clear();
        }

        @Override
        public void keepData() {
            // Always its own.
        }

        @Override
        public void answer(int error) {
            assertThat(result).as("a request is answered once").isEqualTo(-1);
            result = error;
            outstanding--;
            answered++;
            if (kind == Kind.FLUSH) {
                for (int i = 0; error == 0 && i < Math.min(known.length, cells.length); i++) {
                    cells[i].flushed = Math.max(cells[i].flushed, Math.min(known[i], cells[i].values.size() - 1));
                }
                return;
            }
            Cell target = cells[cell];
            target.busy = false;
            if (error == 0) {
                target.acked = target.values.size() - 1;
                target.times.get(target.acked)[1] = ++clock;
                target.flushed = fua ? target.acked : target.flushed;
            } else {
                failed++;
            }
        }

        @Override
        public void push() {}
    }

    private Cell[] cells;
    private final SimWorld world;
    private long next = 1;
    private long clock;
    int outstanding;
    long answered;
    long failed;

    SimClient(SimWorld world, int size) {
        this.world = world;
        this.cells = new Cell[size / CELL];
        Arrays.setAll(cells, i -> new Cell());
    }

    /** Writes a few free cells and flushes now and then, in one batch. */
    void act(Volume volume) {
        List<BlockRequest> batch = new ArrayList<>();
        int count = 1 + world.random.nextInt(6);
        int hot = world.random.nextInt(cells.length);
        for (int i = 0; i < count; i++) {
            int cell = world.random.nextBoolean() ? (hot + i) % cells.length : world.random.nextInt(cells.length);
            if (!cells[cell].busy) {
                boolean zero = world.random.nextInt(12) == 0;
                long value = zero ? 0 : next++;
                cells[cell].add(value, ++clock);
                batch.add(new Request(
                        zero ? BlockRequest.Kind.ZERO : BlockRequest.Kind.WRITE,
                        cell,
                        value,
                        world.random.nextInt(10) == 0));
            }
        }
        if (world.random.nextInt(5) == 0) {
            batch.add(new Request(BlockRequest.Kind.FLUSH, 0, 0, false));
        }
        outstanding += batch.size();
        volume.submit(batch.toArray(new BlockRequest[0]), batch.size());
    }

    /** Writes a cell, unless it is being written or there is none. */
    void writeFree(Volume volume, int cell) {
        if (cell < cells.length && !cells[cell].busy) {
            write(volume, cell, false);
        }
    }

    /** Returns how many blocks of that many bytes were ever written. */
    int touched(int block) {
        int count = 0;
        for (int i = 0; i < cells.length; i += block / CELL) {
            boolean any = false;
            for (int j = i; j < Math.min(cells.length, i + block / CELL); j++) {
                any |= cells[j].values.size() > 1;
            }
            count += any ? 1 : 0;
        }
        return count;
    }

    /** Writes one free cell. */
    Request write(Volume volume, int cell, boolean fua) {
        long value = next++;
        cells[cell].add(value, ++clock);
        return submit(volume, new Request(BlockRequest.Kind.WRITE, cell, value, fua));
    }

    Request flush(Volume volume) {
        return submit(volume, new Request(BlockRequest.Kind.FLUSH, 0, 0, false));
    }

    private Request submit(Volume volume, Request request) {
        outstanding++;
        volume.submit(new BlockRequest[] {request}, 1);
        return request;
    }

    /**
     * The application starts on a side: checks what it finds and goes on from there.
     *
     * @param lossless what was acknowledged must be there; otherwise only what was flushed
     */
    void adopt(byte[] image, boolean lossless, String who) {
        adopt(image, lossless, who, true);
    }

    /** @param last false: another side may still take over by its own right, so that what was not answered may come or go */
    void adopt(byte[] image, boolean lossless, String who, boolean last) {
        adopt(image, cell -> lossless ? cell.acked : cell.flushed, who, last);
    }

    /**
     * The application starts on a side that was target: its data is of one moment.
     *
     * @param flushed whether what was flushed must be there; otherwise nothing need be
     */
    void takeOver(byte[] image, boolean lossless, boolean flushed, String who) {
        ToIntFunction<Cell> floor = cell -> lossless ? cell.acked : flushed ? cell.flushed : 0;
        fit(image, floor, who);
        long moment = 0;
        for (int i = 0; i < cells.length; i++) {
            long value = ByteBuffer.wrap(image).getLong(i * CELL);
            // Zeros do not say which ones they are.
            int index = value == 0 ? 0 : cells[i].values.lastIndexOf(value);
            moment = Math.max(moment, index < 0 ? 0 : cells[i].times.get(index)[0]);
        }
        for (int i = 0; i < cells.length; i++) {
            Cell cell = cells[i];
            int index = cell.values.lastIndexOf(ByteBuffer.wrap(image).getLong(i * CELL));
            for (int later = index + 1; later < cell.values.size(); later++) {
                assertThat(cell.times.get(later)[1])
                        .as(
                                "%s lacks value %s of cell %s, answered before another was written that it holds\n%s",
                                who, cell.values.get(later), i, tail())
                        .isGreaterThan(moment);
            }
        }
        adopt(image, floor, who, true);
    }

    /** The volume was made larger: what is new may hold anything. */
    void grown(byte[] image) {
        fit(image, cell -> cell.acked, "growth");
    }

    /** There are as many cells as the image has. What is missing must not have been relied on. */
    private void fit(byte[] image, ToIntFunction<Cell> floor, String who) {
        int before = cells.length;
        for (int i = image.length / CELL; i < before; i++) {
            assertThat(floor.applyAsInt(cells[i]))
                    .as("%s lacks cell %s, which was written\n%s", who, i, tail())
                    .isZero();
        }
        cells = Arrays.copyOf(cells, image.length / CELL);
        for (int i = before; i < cells.length; i++) {
            cells[i] = new Cell();
            cells[i].values.set(0, ByteBuffer.wrap(image).getLong(i * CELL));
            for (int sector = 512; sector < CELL; sector += 512) {
                long value = ByteBuffer.wrap(image).getLong(i * CELL + sector);
                if (!cells[i].values.contains(value)) {
                    cells[i].values.add(value);
                    cells[i].times.add(new long[] {0, NEVER});
                }
            }
        }
    }

    private void adopt(byte[] image, ToIntFunction<Cell> floor, String who, boolean last) {
        outstanding = 0;
        fit(image, floor, who);
        for (int i = 0; i < cells.length; i++) {
            Cell cell = cells[i];
            int least = floor.applyAsInt(cell);
            int newest = -1;
            int oldest = Integer.MAX_VALUE;
            // Any write of that time on may be what is there; sectors of one not acknowledged may be mixed.
            for (int sector = 0; sector < CELL; sector += 512) {
                long value = ByteBuffer.wrap(image).getLong(i * CELL + sector);
                int index = cell.values.lastIndexOf(value);
                assertThat(index)
                        .as(
                                "%s, cell %s holds %s; acknowledged were %s up to %s, flushed up to %s\n%s",
                                who, i, value, cell.values, cell.acked, cell.flushed, tail())
                        .isGreaterThanOrEqualTo(least);
                newest = Math.max(newest, index);
                oldest = Math.min(oldest, index);
            }
            // What was never seen cannot come back; what was not flushed may still be lost.
            if (last) {
                cell.values.subList(newest + 1, cell.values.size()).clear();
                cell.times.subList(newest + 1, cell.times.size()).clear();
            }
            cell.times.subList(oldest + 1, cell.times.size()).forEach(times -> times[1] = NEVER);
            cell.acked = last ? oldest : Math.min(oldest, cell.acked);
            cell.flushed = Math.min(cell.flushed, oldest);
            cell.busy = false;
        }
    }

    String tail() {
        return world.trace.substring(Math.max(0, world.trace.length() - 6000));
    }
}
