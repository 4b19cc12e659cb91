package dev.atelier.runner;

import ai.onnxruntime.OrtException;
import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.Timings;
import dev.atelier.inference.TooMuchOutput;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * The queue of the model and the threads that empty it.
 *
 * <p>A worker decodes, runs and encodes on one thread: a hand-over between them would cost more
 * than a small model. It never waits for more requests; what is queued already is merged into one
 * run when the model's first dimension is free (dynamic batching with a delay of 0).
 */
final class Workers {

    /** Beyond this, copying inputs together costs more than it gains. */
    private static final long MERGED_BYTES = 512 << 10;

    private final Model model;
    private final Answers answers;
    private final Watchdog watchdog;
    private final LinkedBlockingQueue<Call> queue = new LinkedBlockingQueue<>();
    private final AtomicLong runs = new AtomicLong();
    private final AtomicLong calls = new AtomicLong();
    // Learned from the first merged answer that does not divide by rows.
    private volatile boolean merging;

    Workers(Model model, Answers answers, Watchdog watchdog) {
        this.model = model;
        this.answers = answers;
        this.watchdog = watchdog;
        this.merging = model.mergeable();
    }

    void start(int threads) {
        for (int i = 0; i < threads; i++) {
            Thread.ofPlatform().daemon().name("worker-" + i).start(this::work);
        }
    }

    void add(Frame frame) {
        queue.add(new Call(frame));
    }

    long runs() {
        return runs.get();
    }

    long calls() {
        return calls.get();
    }

    int waiting() {
        return queue.size();
    }

    private void work() {
        var scratch = new Scratch();
        while (true) {
            try {
                var first = queue.take();
                var batch = batch(first, scratch);
                if (!batch.isEmpty()) {
                    run(batch, scratch);
                }
            } catch (InterruptedException _) {
                return;
            } finally {
                scratch.clear();
            }
        }
    }

    /** The call and, if it can be merged, what waits behind it; each decoded or already refused. */
    private List<Call> batch(Call first, Scratch scratch) {
        if (!decode(first, scratch)) {
            return List.of();
        }
        if (!merging || queue.isEmpty() || !first.regular()) {
            return List.of(first);
        }
        var batch = new ArrayList<Call>();
        batch.add(first);
        long rows = first.rows();
        long bytes = first.frame.payload().length;
        while (rows < model.limits().maxBatch() && bytes < MERGED_BYTES) {
            var next = queue.poll();
            if (next == null) {
                break;
            }
            if (decode(next, scratch)) {
                batch.add(next);
                rows += next.regular() ? next.rows() : 1;
                bytes += next.frame.payload().length;
            }
        }
        return batch;
    }

    private boolean decode(Call call, Scratch scratch) {
        calls.incrementAndGet();
        call.taken = System.nanoTime();
        if (call.late()) {
            refuse(call, 504, "The time limit was over before the model was free for this call.");
            return false;
        }
        try {
            call.request =
                    RequestCodec.decode(
                            call.frame.payload(),
                            call.frame.headerLength(),
                            model.signature(),
                            scratch);
            call.decoded = System.nanoTime();
            return true;
        } catch (InvalidRequest e) {
            refuse(call, 400, e.reason());
        } catch (OutOfMemoryError _) {
            refuse(call, 413, "The inputs need more memory than this model may take.");
        } catch (RuntimeException e) {
            defect(call, e);
        }
        return false;
    }

    private void run(List<Call> batch, Scratch scratch) {
        if (batch.size() == 1) {
            alone(batch.getFirst());
            return;
        }
        var rest = new ArrayList<>(batch);
        while (!rest.isEmpty()) {
            var head = rest.removeFirst();
            var group = new ArrayList<Call>();
            group.add(head);
            if (head.regular()) {
                rest.removeIf(other -> other.regular() && head.merges(other) && group.add(other));
            }
            if (group.size() == 1 || !together(group, scratch)) {
                group.forEach(this::alone);
            }
        }
    }

    private void alone(Call call) {
        if (call.late()) {
            refuse(call, 504, "The time limit was over before the model was free for this call.");
            return;
        }
        var request = call.decodedRequest();
        try (var run = watchdog.watch(call.deadline())) {
            long began = System.nanoTime();
            runs.incrementAndGet();
            try {
                var outputs = model.run(request.inputs(), wanted(request), run.options());
                answer(call, request, outputs, began);
            } catch (OrtException e) {
                if (run.stopped()) {
                    refuse(call, 504, tooSlow(call));
                } else {
                    refuse(call, 500, explained(e));
                }
            }
        } catch (TooMuchOutput e) {
            refuse(call, 500, tooMuch(e));
        } catch (OutOfMemoryError _) {
            refuse(call, 500, "The model's answer needs more memory than this model may take.");
        } catch (OrtException | RuntimeException e) {
            defect(call, e);
        }
    }

    /**
     * Runs several calls as one.
     *
     * @return false when nothing was answered, so that each must run alone
     */
    private boolean together(List<Call> group, Scratch scratch) {
        long deadline = Long.MAX_VALUE;
        long now = System.nanoTime();
        for (var call : group) {
            deadline = Math.min(deadline, call.deadline() - now);
        }
        try (var run = watchdog.watch(now + deadline)) {
            var inputs = merged(group, scratch);
            long began = System.nanoTime();
            runs.incrementAndGet();
            var outputs = model.run(inputs, Set.of(), run.options());
            long rows = inputs.getFirst().shape()[0];
            for (var output : outputs) {
                if (output.shape().length == 0
                        || output.shape()[0] != rows
                        || output.datatype().size() == 0) {
                    merging = false;
                    return false;
                }
            }
            long from = 0;
            for (var call : group) {
                long to = from + call.rows();
                answer(call, call.decodedRequest(), rows(outputs, from, to), began);
                from = to;
            }
            return true;
        } catch (OrtException | TooMuchOutput | OutOfMemoryError _) {
            // One of them may be the reason; alone, each gets its own answer.
            return false;
        }
    }

    private static List<Tensor> merged(List<Call> group, Scratch scratch) {
        var first = group.getFirst().decodedRequest().inputs();
        var inputs = new ArrayList<Tensor>(first.size());
        for (int i = 0; i < first.size(); i++) {
            int size = 0;
            long rows = 0;
            for (var call : group) {
                var input = call.decodedRequest().inputs().get(i);
                size += input.data().remaining();
                rows += input.shape()[0];
            }
            var data = scratch.allocate(size);
            for (var call : group) {
                data.put(call.decodedRequest().inputs().get(i).data());
            }
            var shape = first.get(i).shape().clone();
            shape[0] = rows;
            inputs.add(
                    new Tensor(first.get(i).name(), first.get(i).datatype(), shape, data.flip()));
        }
        return inputs;
    }

    private static List<Tensor> rows(List<Tensor> outputs, long from, long to) {
        var slices = new ArrayList<Tensor>(outputs.size());
        for (var output : outputs) {
            var data = output.data();
            int row = (int) (data.remaining() / output.shape()[0]);
            var shape = output.shape().clone();
            shape[0] = to - from;
            ByteBuffer slice =
                    data.slice((int) (data.position() + from * row), (int) ((to - from) * row))
                            .order(ByteOrder.LITTLE_ENDIAN);
            slices.add(new Tensor(output.name(), output.datatype(), shape, slice));
        }
        return slices;
    }

    private void answer(Call call, InferRequest request, List<Tensor> outputs, long began) {
        long ran = System.nanoTime();
        Message message;
        try {
            message =
                    ResponseCodec.encode(
                            model.limits().name(),
                            model.limits().version(),
                            request,
                            wantedOf(outputs, request),
                            model.limits().maxOutput());
        } catch (TooMuchOutput e) {
            refuse(call, 500, tooMuch(e));
            return;
        } catch (InvalidRequest e) {
            refuse(call, 400, e.reason());
            return;
        }
        var timings =
                new Timings(
                        call.taken - call.arrived + (began - call.decoded),
                        call.decoded - call.taken,
                        ran - began,
                        System.nanoTime() - ran);
        answers.send(Frame.answer(call.frame.id(), 200, message, timings));
    }

    private static String tooMuch(TooMuchOutput e) {
        return e.getMessage() + " Ask for fewer outputs or rows.";
    }

    private static Set<String> wanted(InferRequest request) {
        return request.outputs() == null
                ? Set.of()
                : request.outputs().stream()
                        .map(InferRequest.Output::name)
                        .collect(Collectors.toSet());
    }

    private static List<Tensor> wantedOf(List<Tensor> outputs, InferRequest request) {
        if (request.outputs() == null) {
            return outputs;
        }
        var wanted = wanted(request);
        return outputs.stream()
                .filter(output -> wanted.isEmpty() || wanted.contains(output.name()))
                .toList();
    }

    private void refuse(Call call, int status, String reason) {
        long now = System.nanoTime();
        answers.send(
                Frame.answer(
                        call.frame.id(),
                        status,
                        new Message(ResponseCodec.error(reason), -1),
                        new Timings(call.taken - call.arrived, 0, now - call.taken, 0)));
    }

    private void defect(Call call, Exception e) {
        System.err.println("Call failed: " + e + " at " + Arrays.toString(e.getStackTrace()));
        refuse(call, 500, "The runner failed at this call: " + e);
    }

    private static String tooSlow(Call call) {
        return "The model was stopped after its time limit; this call ran for %d ms."
                .formatted((System.nanoTime() - call.decoded) / 1_000_000);
    }

    private String explained(OrtException e) {
        var message = String.valueOf(e.getMessage());
        if (message.contains("bad_alloc") || message.contains("Failed to allocate memory")) {
            return "The model asked for more memory than its ceiling of %d MB."
                    .formatted(model.limits().memory() >> 20);
        }
        return "The model failed: " + message.lines().findFirst().orElse("no reason given");
    }
}
