package dev.atelier.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.inference.DataType;
import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import dev.atelier.platform.confinement.SandboxLevel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The pool of runners")
class RunnerPoolTest {

    @TempDir static Path folder;
    private static final Shelf SHELF = new Shelf();
    private static RunnerPool pool;

    @BeforeAll
    static void start() throws Exception {
        pool = Pools.start(folder, SHELF, SandboxLevel.LIMITS);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    static Answer infer(RunnerPool pool, Servable servable, String json) {
        return pool.call(
                servable,
                Frame.Kind.INFER,
                new Message(json.getBytes(StandardCharsets.UTF_8), -1),
                Duration.ofSeconds(10));
    }

    static Answer infer(RunnerPool pool, Servable servable, Tensor... inputs) {
        return pool.call(
                servable,
                Frame.Kind.INFER,
                RequestCodec.encode(new InferRequest(List.of(inputs))),
                Duration.ofSeconds(10));
    }

    private static Answer infer(Servable servable, String json) {
        return infer(pool, servable, json);
    }

    private static Answer infer(Servable servable, Tensor... inputs) {
        return infer(pool, servable, inputs);
    }

    @Test
    void answers_json_with_json() {
        var answer =
                infer(
                        SHELF.model("doubling", Models.doubling()),
                        """
                        {"id": "7", "inputs": [
                          {"name": "x", "datatype": "FP32", "shape": [2, 3],
                           "data": [[1, 2, 3], [4, 5, 6.5]]}]}
                        """);

        assertThat(answer.text())
                .isEqualTo(
                        "{\"model_name\":\"doubling\",\"model_version\":\"1\",\"id\":\"7\","
                                + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[2,3],"
                                + "\"data\":[2.0,4.0,6.0,8.0,10.0,13.0]}]}");
        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void answers_binary_with_binary() {
        var answer =
                infer(
                        SHELF.model("doubling", Models.doubling()),
                        Tensor.floats("x", new long[] {1, 3}, 1, 2, 3));

        assertThat(answer.message().headerLength()).isPositive();
        assertThat(answer.response().output("y").numbers()).containsExactly(2, 4, 6);
    }

    @Test
    void reads_the_signature_from_the_session() throws Exception {
        var signature = pool.signature(SHELF.model("sum", Models.sum()));

        assertThat(signature.inputs())
                .containsExactly(
                        new TensorSpec("a", DataType.FP32, List.of(-1L, 2L)),
                        new TensorSpec("b", DataType.FP32, List.of(-1L, 2L)));
    }

    @Test
    void carries_text_and_truth() {
        var text =
                infer(
                        SHELF.model("text", Models.identity(Onnx.STRING, "N")),
                        Tensor.strings("x", new long[] {2}, "größer", ""));
        var truth =
                infer(
                        SHELF.model("truth", Models.identity(Onnx.BOOL, "N")),
                        """
                        {"inputs": [{"name": "x", "datatype": "BOOL", "shape": [3],
                                     "data": [true, false, 1]}]}
                        """);

        assertThat(text.response().output("x")).isNull();
        assertThat(text.response().output("y").strings()).containsExactly("größer", "");
        assertThat(truth.text()).contains("\"data\":[true,false,true]");
    }

    @Test
    void carries_half_precision_in_binary_only() {
        var servable = SHELF.model("half", Models.identity(Onnx.FLOAT16, "N"));

        var binary = infer(servable, Tensor.numbers("x", DataType.FP16, new long[] {2}, 0.5, -3));
        var json =
                infer(
                        servable,
                        """
                        {"inputs": [{"name": "x", "datatype": "FP16", "shape": [1], "data": [1]}]}
                        """);

        assertThat(binary.response().output("y").numbers()).containsExactly(0.5, -3);
        assertThat(json.status()).isEqualTo(400);
        assertThat(json.error())
                .isEqualTo(
                        "input \"x\": FP16 cannot be written in JSON; send it as binary tensor data");
    }

    @Test
    void gives_an_empty_batch_back_empty() {
        var answer =
                infer(
                        SHELF.model("doubling", Models.doubling()),
                        """
                        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [0, 3], "data": []}]}
                        """);

        assertThat(answer.text()).contains("\"shape\":[0,3],\"data\":[]");
    }
}
