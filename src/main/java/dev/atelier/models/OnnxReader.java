package dev.atelier.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Walks an ONNX file as it streams by and keeps names, types and counts; weights are skipped, never
 * held. Field numbers are those of {@code onnx.proto3}. Every size the file states is a claim: it
 * is bounded before anything is made of it.
 */
final class OnnxReader {

    /** The file is not an ONNX model that can be served; the message is for people. */
    static final class Malformed extends Exception {
        Malformed(String reason) {
            super(reason);
        }
    }

    static final int MOST_NODES = 100_000;
    private static final int DEEPEST = 100;
    private static final int LONGEST_NAME = 4_096;
    private static final int MOST_VALUES = 10_000;
    private static final int MOST_DIMENSIONS = 64;
    private static final int MOST_TENSORS = 200_000;

    private final CodedInputStream in;
    private final Map<String, Long> opsets = new TreeMap<>();
    private final Map<String, Integer> operators = new TreeMap<>();
    private final Set<String> initializers = new HashSet<>();
    private final Set<OnnxGraph.External> external = new LinkedHashSet<>();
    private final Set<String> functions = new TreeSet<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private List<OnnxGraph.Value> inputs = List.of();
    private List<OnnxGraph.Value> outputs = List.of();
    private String producer = "";
    private String producerVersion = "";
    private String graphName = "";
    private long irVersion;
    private long parameters;
    private long weightBytes;
    private int nodes;
    private int tensors;
    private int subgraphs;
    private int depth;
    private boolean hasGraph;

    private OnnxReader(InputStream in) {
        this.in = CodedInputStream.newInstance(in, 64 * 1024);
        this.in.setSizeLimit(Integer.MAX_VALUE);
    }

    /**
     * Reads a model.
     *
     * @throws Malformed when it is no ONNX model, is cut off, contradicts itself or exceeds a limit
     * @throws IOException when the stream fails
     */
    static OnnxGraph read(InputStream stream) throws IOException, Malformed {
        var reader = new OnnxReader(stream);
        try {
            return reader.model();
        } catch (InvalidProtocolBufferException e) {
            var reason = String.valueOf(e.getMessage());
            throw new Malformed(
                    reason.contains("ended unexpectedly") || reason.contains("truncated")
                            ? "The file ends in the middle: it is cut off, or it is no ONNX model."
                            : "The file is no ONNX model: " + reason);
        }
    }

    private OnnxGraph model() throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> irVersion = number(tag);
                case 2 -> producer = text(tag);
                case 3 -> producerVersion = text(tag);
                case 7 -> {
                    if (hasGraph) {
                        throw new Malformed("The file holds two graphs.");
                    }
                    hasGraph = true;
                    inside(tag, () -> graph(true));
                }
                case 8 -> inside(tag, this::opset);
                case 14 -> inside(tag, this::metadata);
                case 20 -> inside(tag, this::training);
                case 25 -> inside(tag, this::function);
                default -> skip(tag);
            }
        }
        if (!hasGraph || irVersion <= 0 || irVersion > 1_000) {
            throw new Malformed("The file is no ONNX model: it has no graph or no IR version.");
        }
        if (opsets.isEmpty()) {
            throw new Malformed("The model imports no operator set.");
        }
        if (outputs.isEmpty()) {
            throw new Malformed("The graph has no output.");
        }
        return new OnnxGraph(
                irVersion,
                (producer + " " + producerVersion).strip(),
                graphName,
                opsets,
                // Before IR version 4 initializers had to be inputs as well; nobody feeds those.
                inputs.stream().filter(value -> !initializers.contains(value.name())).toList(),
                outputs,
                operators,
                parameters,
                weightBytes,
                List.copyOf(external),
                List.copyOf(functions),
                subgraphs,
                metadata);
    }

    private void opset() throws IOException, Malformed {
        String domain = "";
        long version = 0;
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> domain = text(tag);
                case 2 -> version = number(tag);
                default -> skip(tag);
            }
        }
        opsets.merge(domain.isEmpty() ? "ai.onnx" : domain, version, Math::max);
        if (opsets.size() > 100) {
            throw new Malformed("The model imports more than 100 operator sets.");
        }
    }

    private void metadata() throws IOException, Malformed {
        String key = "";
        String value = "";
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> key = text(tag);
                case 2 -> value = beginning(tag);
                default -> skip(tag);
            }
        }
        if (metadata.size() < 50) {
            metadata.put(key, value);
        }
    }

    private void training() throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1, 2 -> inside(tag, () -> graph(false));
                default -> skip(tag);
            }
        }
    }

    private void function() throws IOException, Malformed {
        String name = "";
        String domain = "";
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> name = text(tag);
                case 7 -> inside(tag, this::node);
                case 9 -> inside(tag, this::opset);
                case 10 -> domain = text(tag);
                case 11 -> inside(tag, this::attribute);
                default -> skip(tag);
            }
        }
        functions.add(domain.isEmpty() ? name : domain + ":" + name);
        if (functions.size() > 10_000) {
            throw new Malformed("The model brings more than 10,000 functions.");
        }
    }

    private void graph(boolean main) throws IOException, Malformed {
        var ins = new ArrayList<OnnxGraph.Value>();
        var outs = new ArrayList<OnnxGraph.Value>();
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> inside(tag, this::node);
                case 2 -> {
                    var name = text(tag);
                    graphName = main ? name : graphName;
                }
                case 5 -> inside(tag, () -> tensor(main));
                case 15 -> inside(tag, () -> sparseTensor(main));
                case 11 -> inside(tag, () -> value(ins));
                case 12 -> inside(tag, () -> value(outs));
                default -> skip(tag);
            }
        }
        if (main) {
            inputs = ins;
            outputs = outs;
        } else {
            subgraphs++;
        }
    }

    private void node() throws IOException, Malformed {
        if (++nodes > MOST_NODES) {
            throw new Malformed("The model has more than %,d nodes.".formatted(MOST_NODES));
        }
        String operator = "";
        String domain = "";
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 4 -> operator = text(tag);
                case 5 -> inside(tag, this::attribute);
                case 7 -> domain = text(tag);
                default -> skip(tag);
            }
        }
        if (operator.isEmpty()) {
            throw new Malformed("A node has no operator.");
        }
        var standard = domain.isEmpty() || domain.equals("ai.onnx");
        operators.merge(standard ? operator : domain + ":" + operator, 1, Integer::sum);
        if (operators.size() > 2_000) {
            throw new Malformed("The model uses more than 2,000 different operators.");
        }
    }

    private void attribute() throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 5, 10 -> inside(tag, () -> tensor(false));
                case 6, 11 -> inside(tag, () -> graph(false));
                case 22, 23 -> inside(tag, () -> sparseTensor(false));
                default -> skip(tag);
            }
        }
    }

    private void sparseTensor(boolean initializer) throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> inside(tag, () -> tensor(initializer));
                case 2 -> inside(tag, () -> tensor(false));
                default -> skip(tag);
            }
        }
    }

    private void tensor(boolean initializer) throws IOException, Malformed {
        if (++tensors > MOST_TENSORS) {
            throw new Malformed("The model has more than %,d tensors.".formatted(MOST_TENSORS));
        }
        var dims = new ArrayList<Long>();
        int type = 0;
        String name = "";
        long raw = -1;
        boolean outside = false;
        var where = new LinkedHashMap<String, String>();
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> numbers(tag, dims);
                case 2 -> type = (int) number(tag);
                case 8 -> name = text(tag);
                case 9 -> raw = skippedLength(tag);
                case 13 -> inside(tag, () -> entry(where));
                case 14 -> outside = number(tag) == 1;
                default -> skip(tag);
            }
        }
        if (initializer) {
            initializers.add(name);
        }
        var element = ElementType.of(type);
        long elements = elements(name, dims);
        long bytes = bytes(name, element, elements);
        if (raw >= 0 && element.bits() > 0 && raw != bytes) {
            throw new Malformed(
                    "The tensor \"%s\" claims %,d elements of type %s (%,d bytes) but holds %,d bytes."
                            .formatted(name, elements, element.label(), bytes, raw));
        }
        parameters += elements;
        weightBytes += bytes;
        if (parameters < 0 || weightBytes < 0) {
            throw new Malformed("The sizes of the model's tensors overflow.");
        }
        if (outside || !where.isEmpty()) {
            external.add(outside(name, where, bytes));
        }
    }

    private static OnnxGraph.External outside(String tensor, Map<String, String> where, long bytes)
            throws Malformed {
        var location = where.get("location");
        if (location == null) {
            throw new Malformed(
                    "The tensor \"%s\" lies in another file that it does not name."
                            .formatted(tensor));
        }
        try {
            long offset = Long.parseLong(where.getOrDefault("offset", "0"));
            long length = Long.parseLong(where.getOrDefault("length", Long.toString(bytes)));
            if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
                throw new NumberFormatException("negative or too large");
            }
            return new OnnxGraph.External(location, offset, length);
        } catch (NumberFormatException e) {
            throw new Malformed(
                    "The tensor \"%s\" states an impossible place in %s."
                            .formatted(tensor, location));
        }
    }

    private static long elements(String name, List<Long> dims) throws Malformed {
        long product = 1;
        try {
            for (long dim : dims) {
                if (dim < 0) {
                    throw new Malformed("The tensor \"%s\" has a negative size.".formatted(name));
                }
                product = Math.multiplyExact(product, dim);
            }
        } catch (ArithmeticException e) {
            throw new Malformed("The size of the tensor \"%s\" overflows.".formatted(name));
        }
        return product;
    }

    private static long bytes(String name, ElementType element, long elements) throws Malformed {
        try {
            return Math.ceilDiv(Math.multiplyExact(elements, (long) element.bits()), 8L);
        } catch (ArithmeticException e) {
            throw new Malformed("The size of the tensor \"%s\" overflows.".formatted(name));
        }
    }

    private void entry(Map<String, String> into) throws IOException, Malformed {
        String key = "";
        String value = "";
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> key = text(tag);
                case 2 -> value = text(tag);
                default -> skip(tag);
            }
        }
        if (into.putIfAbsent(key, value) != null || into.size() > 20) {
            throw new Malformed("A tensor states its place in another file twice.");
        }
    }

    private void value(List<OnnxGraph.Value> into) throws IOException, Malformed {
        var value = new ValueOnTheWay();
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> value.name = text(tag);
                case 2 -> inside(tag, () -> type(value));
                default -> skip(tag);
            }
        }
        into.add(new OnnxGraph.Value(value.name, value.kind, value.type, value.shape));
        if (into.size() > MOST_VALUES) {
            throw new Malformed("A graph has more than %,d inputs.".formatted(MOST_VALUES));
        }
    }

    private static final class ValueOnTheWay {
        String name = "";
        String kind = "unknown";
        String type = "";
        @Nullable List<String> shape;
    }

    private void type(ValueOnTheWay value) throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> {
                    value.kind = "tensor";
                    value.type = ElementType.UNDEFINED.label();
                    inside(tag, () -> tensorType(value));
                }
                case 8 -> {
                    value.kind = "sparse tensor";
                    inside(tag, () -> tensorType(value));
                }
                case 4 -> nested(tag, value, "sequence", 1);
                case 5 -> nested(tag, value, "map", 2);
                case 9 -> nested(tag, value, "optional", 1);
                default -> skip(tag);
            }
        }
    }

    private void nested(int tag, ValueOnTheWay value, String kind, int elementField)
            throws IOException, Malformed {
        var element = new ValueOnTheWay();
        inside(
                tag,
                () -> {
                    for (int t; (t = in.readTag()) != 0; ) {
                        if (t >>> 3 == elementField) {
                            inside(t, () -> type(element));
                        } else {
                            skip(t);
                        }
                    }
                });
        value.kind = kind;
        value.type =
                "%s of %s"
                        .formatted(
                                kind,
                                element.kind.equals("tensor")
                                        ? element.type + " tensors"
                                        : element.kind + "s");
    }

    private void tensorType(ValueOnTheWay value) throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> value.type = ElementType.of((int) number(tag)).label();
                case 2 -> {
                    var shape = new ArrayList<String>();
                    value.shape = shape;
                    inside(tag, () -> shape(shape));
                }
                default -> skip(tag);
            }
        }
    }

    private void shape(List<String> shape) throws IOException, Malformed {
        for (int tag; (tag = in.readTag()) != 0; ) {
            if (tag >>> 3 != 1) {
                skip(tag);
                continue;
            }
            inside(tag, () -> shape.add(dimension()));
            if (shape.size() > MOST_DIMENSIONS) {
                throw new Malformed("An input or output has more than 64 dimensions.");
            }
        }
    }

    private String dimension() throws IOException, Malformed {
        String size = "?";
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (tag >>> 3) {
                case 1 -> {
                    long n = number(tag);
                    size = n < 0 ? "?" : Long.toString(n);
                }
                case 2 -> {
                    var name = text(tag);
                    size = name.isEmpty() ? "?" : name;
                }
                default -> skip(tag);
            }
        }
        return size;
    }

    /** Reads the fields of one message. */
    @FunctionalInterface
    private interface Fields {
        void read() throws IOException, Malformed;
    }

    private void inside(int tag, Fields fields) throws IOException, Malformed {
        expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        if (++depth > DEEPEST) {
            throw new Malformed("The model is nested deeper than " + DEEPEST + " levels.");
        }
        int limit = in.pushLimit(in.readRawVarint32());
        fields.read();
        if (in.getBytesUntilLimit() > 0) {
            throw new Malformed("The file is no ONNX model: a message ends early.");
        }
        in.popLimit(limit);
        depth--;
    }

    private long number(int tag) throws IOException, Malformed {
        expect(tag, WireFormat.WIRETYPE_VARINT);
        return in.readRawVarint64();
    }

    private void numbers(int tag, List<Long> into) throws IOException, Malformed {
        if ((tag & 7) == WireFormat.WIRETYPE_VARINT) {
            add(in.readRawVarint64(), into);
            return;
        }
        inside(
                tag,
                () -> {
                    while (!in.isAtEnd()) {
                        add(in.readRawVarint64(), into);
                    }
                });
    }

    private static void add(long number, List<Long> into) throws Malformed {
        into.add(number);
        if (into.size() > MOST_DIMENSIONS) {
            throw new Malformed("A tensor has more than 64 dimensions.");
        }
    }

    private String text(int tag) throws IOException, Malformed {
        expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int length = in.readRawVarint32();
        if (length < 0 || length > LONGEST_NAME) {
            throw new Malformed(
                    "A name in the model is longer than %,d bytes.".formatted(LONGEST_NAME));
        }
        return new String(in.readRawBytes(length), UTF_8);
    }

    private String beginning(int tag) throws IOException, Malformed {
        expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int length = in.readRawVarint32();
        if (length < 0) {
            throw new Malformed("The file is no ONNX model: a text has a negative length.");
        }
        int keep = Math.min(length, 500);
        var text = new String(in.readRawBytes(keep), UTF_8);
        in.skipRawBytes(length - keep);
        return text;
    }

    private long skippedLength(int tag) throws IOException, Malformed {
        expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int length = in.readRawVarint32();
        in.skipRawBytes(length);
        return length;
    }

    private void skip(int tag) throws IOException, Malformed {
        switch (tag & 7) {
            case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
            case WireFormat.WIRETYPE_FIXED64 -> in.skipRawBytes(8);
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> in.skipRawBytes(in.readRawVarint32());
            case WireFormat.WIRETYPE_FIXED32 -> in.skipRawBytes(4);
            // Groups nest without a length, and ONNX has none.
            default -> throw new Malformed("The file is no ONNX model: unknown field type.");
        }
    }

    private static void expect(int tag, int type) throws Malformed {
        if ((tag & 7) != type) {
            throw new Malformed(
                    "The file is no ONNX model: field " + (tag >>> 3) + " has another type.");
        }
    }
}
