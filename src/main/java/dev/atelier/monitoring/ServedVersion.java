package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InferResponse;
import dev.atelier.monitoring.statistics.Window;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One version whose calls are counted here: what has come and is not written yet. */
final class ServedVersion {

    /** More rows than a reference is made of: they come while it is being made. */
    private static final int MOST_EARLY = 5 * Intake.FIRST_ROWS;

    /** What all versions together may hold, so that memory has a bound while nothing is written. */
    static final class Room {
        private static final long MOST_CELLS = 8_000_000;
        private static final long MOST_EARLY_ROWS = 20_000;
        private static final long MOST_KEPT = 20_000;

        private final AtomicLong cells = new AtomicLong();
        private final AtomicLong early = new AtomicLong();
        private final AtomicLong kept = new AtomicLong();

        private static boolean take(AtomicLong held, long more, long most) {
            if (held.addAndGet(more) <= most) {
                return true;
            }
            held.addAndGet(-more);
            return false;
        }
    }

    /** Hours that were counted by a reference. */
    record Counted(StoredReference reference, SortedMap<Instant, Window> hours) {}

    /**
     * What is to be written.
     *
     * @param kept answers of predictions that have an identifier
     * @param early rows that came without a reference, as they are sent
     * @param lost rows by hour
     */
    record Taken(
            List<Counted> counted,
            List<Prediction> kept,
            ArrayNode early,
            SortedMap<Instant, Long> lost) {

        boolean isEmpty() {
            return counted.isEmpty() && kept.isEmpty() && early.isEmpty() && lost.isEmpty();
        }
    }

    private final Room room;
    private final int number;
    private final String digest;
    private final LongAdder dropped = new LongAdder();
    private volatile String model;
    private volatile boolean leftOut;
    private volatile boolean called = true;
    private volatile @Nullable ServedTable table;

    private @Nullable StoredReference reference;
    private @Nullable ServedTallies tallies;
    private Instant hour = Instant.EPOCH;
    private SortedMap<Instant, Window> closed = new TreeMap<>();
    private final Deque<Counted> backlog = new ArrayDeque<>();
    private List<Prediction> kept = new ArrayList<>();
    private ArrayNode early = JsonNodeFactory.instance.arrayNode();
    private SortedMap<Instant, Long> lost = new TreeMap<>();
    private long calls;
    private long rows;
    private int idle;
    private int missed;

    ServedVersion(String model, int number, String digest, Room room) {
        this.model = model;
        this.number = number;
        this.digest = digest;
        this.room = room;
    }

    String model() {
        return model;
    }

    int number() {
        return number;
    }

    String digest() {
        return digest;
    }

    void rename(String to) {
        model = to;
    }

    /** Its calls are not counted: it is no table, or gone. */
    void leaveOut() {
        leftOut = true;
    }

    boolean isLeftOut() {
        return leftOut;
    }

    /** On the path of a call. */
    void called() {
        if (!called) {
            called = true;
        }
    }

    /** On the path of a call: there was no room for it. */
    void drop() {
        dropped.increment();
    }

    boolean isKnown() {
        return table != null;
    }

    synchronized void know(ServedTable table, @Nullable StoredReference reference) {
        this.table = table;
        this.reference = reference;
        if (!table.isTable()) {
            leaveOut();
        }
    }

    /** Counts from now on by another reference; what was counted by the one of before stays its. */
    synchronized void use(@Nullable StoredReference current) {
        missed = 0;
        if (current == null || (reference != null && reference.id() == current.id())) {
            return;
        }
        release();
        reference = current;
    }

    /** Counts the rows of a call. */
    void count(InferRequest request, InferResponse answer, Instant at) {
        var rows = ServedRows.of(Objects.requireNonNull(table), request, answer);
        if (rows.count() > 0) {
            count(rows, request.id(), at);
        }
    }

    private synchronized void count(ServedRows some, @Nullable String id, Instant at) {
        calls++;
        rows += some.count();
        if (reference == null) {
            keepEarly(some, id, at);
            return;
        }
        var into = open(reference, Windows.hour(at));
        if (into == null) {
            lose(some.count(), at);
            return;
        }
        some.countIn(into);
        if (id != null) {
            keep(some, id, at);
        }
    }

    /** Where rows of an hour are counted; null when there is no room for it. */
    private @Nullable ServedTallies open(StoredReference by, Instant start) {
        var open = tallies;
        if (open == null) {
            open = new ServedTallies(by, Objects.requireNonNull(table));
            if (!Room.take(room.cells, open.cells(), Room.MOST_CELLS)) {
                return null;
            }
            tallies = open;
        }
        if (!hour.equals(start)) {
            close();
            hour = start;
        }
        return open;
    }

    private void close() {
        if (tallies != null && !tallies.isEmpty()) {
            closed.merge(hour, tallies.take(), Window::plus);
        }
    }

    /** Nothing is open afterwards. */
    private void release() {
        close();
        if (!closed.isEmpty()) {
            append(new Counted(Objects.requireNonNull(reference), closed));
            closed = new TreeMap<>();
        }
        if (tallies != null) {
            room.cells.addAndGet(-tallies.cells());
            tallies = null;
        }
    }

    private void keepEarly(ServedRows some, @Nullable String id, Instant at) {
        if (early.size() + some.count() > MOST_EARLY
                || !Room.take(room.early, some.count(), Room.MOST_EARLY_ROWS)) {
            lose(some.count(), at);
            return;
        }
        for (int i = 0; i < some.count(); i++) {
            var row = early.addObject();
            var name = name(id, i, some.count());
            if (name != null) {
                row.put("predictionId", name);
            }
            row.put("timestamp", at.toString());
            row.set("inputs", some.json(i, false));
            row.set("outputs", some.json(i, true));
        }
    }

    /** Whether a reference can be made of what has come. */
    synchronized boolean isReady() {
        return early.size() >= Intake.FIRST_ROWS;
    }

    private void keep(ServedRows some, String id, Instant at) {
        for (int i = 0; i < some.count(); i++) {
            var name = name(id, i, some.count());
            if (name == null || !Room.take(room.kept, 1, Room.MOST_KEPT)) {
                return;
            }
            kept.add(
                    new Prediction(
                            name, at, JsonNodeFactory.instance.objectNode(), some.json(i, true)));
        }
    }

    /** A row of several has the identifier of the call, a slash and its number from 0. */
    private static @Nullable String name(@Nullable String id, int row, int count) {
        if (id == null) {
            return null;
        }
        var name = count == 1 ? id : id + "/" + row;
        return Labels.isId(JsonNodeFactory.instance.textNode(name)) ? name : null;
    }

    synchronized void lose(long count, Instant at) {
        lost.merge(Windows.hour(at), count, Long::sum);
    }

    /** What is to be written; whoever cannot do it gives it back. */
    synchronized Taken take(Instant now) {
        long calls = dropped.sumThenReset();
        if (calls > 0 && !leftOut) {
            // Nobody has read them: as many rows each as those that were counted.
            lose(this.calls == 0 ? calls : Math.ceilDiv(calls * rows, this.calls), now);
        }
        close();
        if (!closed.isEmpty()) {
            append(new Counted(Objects.requireNonNull(reference), closed));
            closed = new TreeMap<>();
        }
        var taken = new Taken(List.copyOf(backlog), kept, early, lost);
        backlog.forEach(one -> room.cells.addAndGet(-cells(one)));
        room.kept.addAndGet(-kept.size());
        room.early.addAndGet(-early.size());
        backlog.clear();
        kept = new ArrayList<>();
        early = JsonNodeFactory.instance.arrayNode();
        lost = new TreeMap<>();
        return taken;
    }

    private static long cells(Counted one) {
        return one.hours().values().stream().mapToLong(ServedVersion::cells).sum();
    }

    private static long cells(Window window) {
        return window.columns().stream().mapToLong(column -> column.cells().length).sum();
    }

    /** It could not be written: it stays as long as there is room. */
    synchronized void giveBack(Taken taken) {
        var newer = List.copyOf(backlog);
        backlog.forEach(one -> room.cells.addAndGet(-cells(one)));
        backlog.clear();
        taken.counted().forEach(this::append);
        newer.forEach(this::append);
        taken.lost().forEach((start, count) -> lost.merge(start, count, Long::sum));
        room.kept.addAndGet(taken.kept().size());
        kept.addAll(0, taken.kept());
        room.early.addAndGet(taken.early().size());
        early = taken.early().addAll(early);
    }

    private void append(Counted one) {
        var last = backlog.peekLast();
        if (last == null || last.reference().id() != one.reference().id()) {
            last = new Counted(one.reference(), new TreeMap<>());
            backlog.addLast(last);
        }
        for (var each : one.hours().entrySet()) {
            if (last.hours().containsKey(each.getKey())
                    || Room.take(room.cells, cells(each.getValue()), Room.MOST_CELLS)) {
                last.hours().merge(each.getKey(), each.getValue(), Window::plus);
            } else {
                lost.merge(each.getKey(), each.getValue().rows(), Long::sum);
            }
        }
    }

    /** How many times in a row it was asked without a call in between. */
    synchronized int idle() {
        idle = called ? 0 : idle + 1;
        called = false;
        return idle;
    }

    /** It holds nothing afterwards that costs memory. */
    synchronized void rest() {
        release();
    }

    synchronized @Nullable StoredReference reference() {
        return reference;
    }

    /** Whether it was looked for before and was not there. */
    synchronized boolean isMissed() {
        return missed++ > 0;
    }

    /** Nothing of it is to be written any more. */
    synchronized void forget() {
        leaveOut();
        release();
        var _ = take(Instant.EPOCH);
    }
}
