package dev.atelier.serving;

import static dev.atelier.serving.Onnx.FLOAT;
import static dev.atelier.serving.Onnx.INT64;

import java.util.List;

/** Small models for tests: well-behaved ones, and those that are not. */
public final class Models {

    private Models() {}

    /** y = x × 2, {@code [N, 3]}. */
    public static byte[] doubling() {
        return new Onnx()
                .input("x", FLOAT, "N", 3)
                .output("y", FLOAT, "N", 3)
                .initializer(Onnx.floats("two", new long[] {1}, 2))
                .node("Mul", List.of("x", "two"), List.of("y"))
                .model();
    }

    /** Gives back its input, of any type. */
    public static byte[] identity(int type, Object... shape) {
        return new Onnx()
                .input("x", type, shape)
                .output("y", type, shape)
                .node("Identity", List.of("x"), List.of("y"))
                .model();
    }

    /** z = a + b, each {@code [N, 2]}. */
    public static byte[] sum() {
        return new Onnx()
                .input("a", FLOAT, "N", 2)
                .input("b", FLOAT, "N", 2)
                .output("z", FLOAT, "N", 2)
                .node("Add", List.of("a", "b"), List.of("z"))
                .model();
    }

    /** A perceptron 30-64-32-2 with softmax; the size of a usual tabular model. */
    public static byte[] perceptron() {
        return new Onnx()
                .input("features", FLOAT, "N", 30)
                .output("probabilities", FLOAT, "N", 2)
                .initializer(weights("w1", 30, 64))
                .initializer(weights("w2", 64, 32))
                .initializer(weights("w3", 32, 2))
                .node("MatMul", List.of("features", "w1"), List.of("h1"))
                .node("Relu", List.of("h1"), List.of("r1"))
                .node("MatMul", List.of("r1", "w2"), List.of("h2"))
                .node("Relu", List.of("h2"), List.of("r2"))
                .node("MatMul", List.of("r2", "w3"), List.of("h3"))
                .node("Softmax", List.of("h3"), List.of("probabilities"))
                .model();
    }

    /** So many layers of 256 × 256 one after another, which share their weights. */
    public static byte[] layers(int count) {
        var graph =
                new Onnx()
                        .input("features", FLOAT, "N", 256)
                        .output("r" + count, FLOAT, "N", 256)
                        .initializer(weights("w", 256, 256));
        for (int i = 1; i <= count; i++) {
            graph.node(
                            "MatMul",
                            List.of(i == 1 ? "features" : "r" + (i - 1), "w"),
                            List.of("h" + i))
                    .node("Relu", List.of("h" + i), List.of("r" + i));
        }
        return graph.model();
    }

    /** 10 MB of weights and little to do: 4-1280-2000-2. */
    public static byte[] wide(int seed) {
        return new Onnx()
                .input("features", FLOAT, "N", 4)
                .output("y", FLOAT, "N", 2)
                .initializer(Onnx.floats("seed", new long[] {1}, seed))
                .initializer(weights("w1", 4, 1280))
                .initializer(weights("w2", 1280, 2000))
                .initializer(weights("w3", 2000, 2))
                .node("Add", List.of("features", "seed"), List.of("x"))
                .node("MatMul", List.of("x", "w1"), List.of("h1"))
                .node("Relu", List.of("h1"), List.of("r1"))
                .node("MatMul", List.of("r1", "w2"), List.of("h2"))
                .node("MatMul", List.of("h2", "w3"), List.of("y"))
                .model();
    }

    static byte[] weights(String name, int rows, int columns) {
        var values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i * 0.7 + rows) / rows;
        }
        return Onnx.floats(name, new long[] {rows, columns}, values);
    }

    /** Repeats x + 1 as often as the input {@code trips} says; some 100 ns each. */
    public static byte[] loop() {
        var body =
                new Onnx()
                        .input("i", INT64)
                        .input("go", Onnx.BOOL)
                        .input("v", FLOAT, 1)
                        .output("goOut", Onnx.BOOL)
                        .output("vOut", FLOAT, 1)
                        .initializer(Onnx.floats("one", new long[] {1}, 1))
                        .node("Identity", List.of("go"), List.of("goOut"))
                        .node("Add", List.of("v", "one"), List.of("vOut"))
                        .graph();
        return new Onnx()
                .input("trips", INT64)
                .output("y", FLOAT, 1)
                .initializer(Onnx.tensor("true", Onnx.BOOL, new long[] {}, new byte[] {1}))
                .initializer(Onnx.floats("zero", new long[] {1}, 0))
                .node(
                        "Loop",
                        List.of("trips", "true", "zero"),
                        List.of("y"),
                        Onnx.graphAttribute("body", body))
                .model();
    }

    /** An array of ones of the shape {@code [n]} that the input says, and its sum. */
    public static byte[] fill() {
        return new Onnx()
                .input("shape", INT64, 1)
                .output("sum", FLOAT)
                .node(
                        "ConstantOfShape",
                        List.of("shape"),
                        List.of("ones"),
                        Onnx.tensorAttribute("value", Onnx.floats("", new long[] {1}, 1)))
                .node("ReduceSum", List.of("ones"), List.of("sum"), Onnx.attribute("keepdims", 0))
                .model();
    }

    /** An array of ones of the shape that the input says, as output. */
    public static byte[] huge() {
        return new Onnx()
                .input("shape", INT64, 1)
                .output("ones", FLOAT, "n")
                .node(
                        "ConstantOfShape",
                        List.of("shape"),
                        List.of("ones"),
                        Onnx.tensorAttribute("value", Onnx.floats("", new long[] {1}, 1)))
                .model();
    }

    /** One operator that nothing can stop half way: the maximum of every square of 1001 × 1001. */
    public static byte[] heavy() {
        return new Onnx()
                .input("shape", INT64, 4)
                .output("y", FLOAT, "n", "c", "h", "w")
                .node(
                        "ConstantOfShape",
                        List.of("shape"),
                        List.of("a"),
                        Onnx.tensorAttribute("value", Onnx.floats("", new long[] {1}, 1)))
                .node(
                        "MaxPool",
                        List.of("a"),
                        List.of("y"),
                        Onnx.attribute("kernel_shape", 1001, 1001))
                .model();
    }

    /** So many additions one after another. */
    public static byte[] chain(int nodes) {
        var graph =
                new Onnx()
                        .input("x", FLOAT, 1)
                        .output("v" + nodes, FLOAT, 1)
                        .initializer(Onnx.floats("one", new long[] {1}, 1));
        for (int i = 1; i <= nodes; i++) {
            graph.node("Add", List.of(i == 1 ? "x" : "v" + (i - 1), "one"), List.of("v" + i));
        }
        return graph.model();
    }

    /** Takes its weights from a file of this name. */
    public static byte[] external(String location) {
        return new Onnx()
                .input("x", FLOAT, 4)
                .output("y", FLOAT, 4)
                .initializer(Onnx.external("w", new long[] {4}, location, 16))
                .node("Add", List.of("x", "w"), List.of("y"))
                .model();
    }
}
