package dev.atelier.monitoring;

import com.sun.management.ThreadMXBean;
import dev.atelier.inference.DataType;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.Memory;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Signature;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import dev.atelier.inference.Timings;
import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.serving.Answer;
import dev.atelier.serving.Outcome;
import dev.atelier.serving.Servable;
import io.quarkus.runtime.ShutdownEvent;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counting beside the calls, by the classes of the portal: what it adds to a call, what counting a
 * prediction of 50 inputs costs, and whether a source of 100,000 predictions a second is counted
 * without a loss. Calls do not come over HTTP, and counts are written to memory and not to a
 * database.
 */
public final class CountingBench {

    private static final int FEATURES = 50;
    private static final int BURST = 2_000;
    private static final int RATE = 100_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final Random RANDOM = new Random(1);

    /** What was written. */
    private static final class Written implements CountStore {
        final AtomicLong rows = new AtomicLong();
        final AtomicLong lost = new AtomicLong();
        final AtomicLong bytes = new AtomicLong();

        @Override
        public Optional<Known> find(String model, int version) {
            return Optional.of(new Known(TABLE, REFERENCE));
        }

        @Override
        public Optional<Now> write(
                String model,
                int version,
                ServedVersion.Taken taken,
                @Nullable StoredReference known) {
            for (var one : taken.counted()) {
                for (var window : one.hours().values()) {
                    rows.addAndGet(window.rows());
                    bytes.addAndGet(window.bytes().length);
                }
            }
            taken.lost().values().forEach(lost::addAndGet);
            return Optional.of(new Now(known));
        }
    }

    private static final ServedTable TABLE =
            ServedTable.of(
                    new Signature(
                            List.of(new TensorSpec("features", DataType.FP32, List.of(-1L, 50L))),
                            List.of(new TensorSpec("y", DataType.FP32, List.of(-1L, 1L)))),
                    null);

    private static final StoredReference REFERENCE = reference();

    private CountingBench() {}

    private static StoredReference reference() {
        var columns = new ArrayList<Reference>();
        for (var column : TABLE.columns()) {
            var values = RANDOM.doubles(10_000, -3, 3).toArray();
            columns.add(Reference.numeric(column.name(), values, 0, 0));
        }
        var profile = new Profile(columns);
        return new StoredReference(
                1,
                profile.hash(),
                profile,
                Set.of("y"),
                StoredReference.Source.ROWS,
                10_000,
                "bench",
                Instant.now(),
                null,
                null);
    }

    private static Servable servable(int version) {
        return new Servable(
                "bench",
                Integer.toString(version),
                "digest" + version,
                Map.of("model.onnx", new Servable.File("00", 1)),
                "model.onnx",
                true,
                null);
    }

    /** A call as clients send it, and its answer. */
    private record Call(Message request, Answer answer) {}

    private static Call call(int rows, boolean binary) {
        var values = new float[rows * FEATURES];
        for (int i = 0; i < values.length; i++) {
            // As many digits as data has.
            values[i] = RANDOM.nextInt(-3_000, 3_000) / 1000f;
        }
        var inputs = List.of(Tensor.floats("features", new long[] {rows, FEATURES}, values));
        var outputs = List.of(Tensor.floats("y", new long[] {rows, 1}, new float[rows]));
        var request = new InferRequest(null, inputs, null, binary);
        var message =
                binary
                        ? RequestCodec.encode(request)
                        : new Message(
                                """
                                {"inputs": [{"name": "features", "datatype": "FP32", "shape": [%d, %d], "data": %s}]}"""
                                        .formatted(rows, FEATURES, Arrays.toString(values))
                                        .getBytes(StandardCharsets.UTF_8),
                                -1);
        var answer = ResponseCodec.encode("bench", "1", request, outputs, 1 << 24);
        return new Call(message, new Answer(200, answer, Outcome.OK, Timings.NONE, 1, 0));
    }

    private static List<Call> calls(int rows, boolean binary) {
        var calls = new ArrayList<Call>();
        for (int i = 0; i < 256; i++) {
            calls.add(call(rows, binary));
        }
        return calls;
    }

    public static void run(Duration time) throws Exception {
        System.out.printf(
                "%d inputs and an output, each of %d cells%n",
                FEATURES, REFERENCE.profile().columns().getFirst().binning().cells());
        path(time);
        counting("binary", calls(1, true), 1, time);
        counting("JSON", calls(1, false), 1, time);
        counting("binary", calls(100, true), 100, time);
        sustained("binary, a row a call", calls(1, true), 1, 1, time);
        sustained("binary, a row a call, 50 versions", calls(1, true), 1, 50, time);
        sustained("JSON, a row a call", calls(1, false), 1, 1, time);
        sustained("binary, 100 rows a call", calls(100, true), 100, 1, time);
    }

    /** On the thread of the call, while the other thread counts. */
    private static void path(Duration time) throws Exception {
        var written = new Written();
        var counts = new ServedCalls(written);
        var servable = servable(1);
        var calls = calls(1, true);
        long until = System.nanoTime() + 2 * time.toNanos();
        long measured = System.nanoTime() + time.toNanos();
        var bursts = new ArrayList<Double>();
        long allocated = 0;
        long sent = 0;
        while (System.nanoTime() < until) {
            boolean warm = System.nanoTime() > measured;
            long bytes = THREADS.getCurrentThreadAllocatedBytes();
            long began = System.nanoTime();
            for (int i = 0; i < BURST; i++) {
                var call = calls.get(i & 255);
                counts.answered(servable, call.request, call.answer);
            }
            double each = (System.nanoTime() - began) / (double) BURST;
            if (warm) {
                bursts.add(each);
                allocated += THREADS.getCurrentThreadAllocatedBytes() - bytes;
                sent += BURST;
            }
            // Until all are counted, so that no burst meets a full buffer.
            TimeUnit.MILLISECONDS.sleep(110);
        }
        counts.stopping(new ShutdownEvent());
        bursts.sort(null);
        System.out.printf(
                "added to a call: %.0f ns (median of %d times %,d calls, worst %.0f ns), %.1f bytes allocated; %d lost%n",
                bursts.get(bursts.size() / 2),
                bursts.size(),
                BURST,
                bursts.getLast(),
                (double) allocated / sent,
                written.lost.get());
    }

    /** Processor time of one thread: reading the bodies, then counting the rows. */
    private static void counting(String name, List<Call> calls, int rows, Duration time) {
        var tallies = new ServedTallies(REFERENCE, TABLE);
        long reading = 0;
        long adding = 0;
        long readBytes = 0;
        long addBytes = 0;
        long counted = 0;
        long until = System.nanoTime() + 2 * time.toNanos();
        long measured = System.nanoTime() + time.toNanos();
        var some = new ServedRows[256];
        while (System.nanoTime() < until) {
            boolean warm = System.nanoTime() > measured;
            long bytes = THREADS.getCurrentThreadAllocatedBytes();
            long began = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < 256; i++) {
                var call = calls.get(i);
                some[i] =
                        ServedRows.of(
                                TABLE,
                                RequestCodec.decode(
                                        call.request.body(),
                                        call.request.headerLength(),
                                        null,
                                        Memory.HEAP),
                                ResponseCodec.decode(call.answer.message()));
            }
            long between = THREADS.getCurrentThreadCpuTime();
            long bytesBetween = THREADS.getCurrentThreadAllocatedBytes();
            for (var one : some) {
                one.countIn(tallies);
            }
            if (warm) {
                reading += between - began;
                adding += THREADS.getCurrentThreadCpuTime() - between;
                readBytes += bytesBetween - bytes;
                addBytes += THREADS.getCurrentThreadAllocatedBytes() - bytesBetween;
                counted += 256L * rows;
            }
        }
        System.out.printf(
                "a prediction of %d inputs, %s, %d a call: read in %,.0f ns, %,.0f bytes allocated; counted in %,.0f ns, %.1f bytes%n",
                FEATURES,
                name,
                rows,
                (double) reading / counted,
                (double) readBytes / counted,
                (double) adding / counted,
                (double) addBytes / counted);
    }

    /** A source that sends so many a second, whatever becomes of them. */
    private static void sustained(
            String name, List<Call> calls, int rows, int versions, Duration time) throws Exception {
        var written = new Written();
        var counts = new ServedCalls(written);
        var servables = new Servable[versions];
        Arrays.setAll(servables, i -> servable(i + 1));
        // The first seconds are the compiler's.
        send(counts, servables, calls, rows, Duration.ofSeconds(2));
        TimeUnit.SECONDS.sleep(1);
        counts.flush();
        long before = written.rows.get();
        long lostBefore = written.lost.get();
        long began = System.nanoTime();
        long sent = send(counts, servables, calls, rows, time.multipliedBy(2));
        double seconds = (System.nanoTime() - began) / 1e9;
        counts.stopping(new ShutdownEvent());
        long counted = written.rows.get() - before;
        long lost = written.lost.get() - lostBefore;
        System.out.printf(
                "%s: %,d sent in %.1f s, %,.0f counted a second, coverage %.2f %% (lost %,d; %,d while it warmed up)%n",
                name, sent, seconds, counted / seconds, 100.0 * counted / sent, lost, lostBefore);
        if (counted + lost != sent) {
            throw new IllegalStateException(
                    "%,d sent, %,d counted, %,d lost".formatted(sent, counted, lost));
        }
    }

    private static long send(
            ServedCalls counts, Servable[] servables, List<Call> calls, int rows, Duration time)
            throws InterruptedException {
        long began = System.nanoTime();
        long sent = 0;
        while (System.nanoTime() - began < time.toNanos()) {
            long due = (long) ((System.nanoTime() - began) / 1e9 * RATE / rows);
            for (; sent < due; sent++) {
                var call = calls.get((int) sent & 255);
                counts.answered(
                        servables[(int) (sent % servables.length)], call.request, call.answer);
            }
            TimeUnit.MICROSECONDS.sleep(500);
        }
        return sent * rows;
    }
}
