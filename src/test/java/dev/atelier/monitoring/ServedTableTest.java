package dev.atelier.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.inference.DataType;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Signature;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The table of a version")
class ServedTableTest {

    private static final Signature SIGNATURE =
            new Signature(
                    List.of(
                            new TensorSpec("x", DataType.FP32, List.of(-1L, 4L)),
                            new TensorSpec("day", DataType.BYTES, List.of(-1L))),
                    List.of(
                            new TensorSpec("p", DataType.FP32, List.of(-1L, 1L)),
                            new TensorSpec("size", DataType.FP64, List.of(-1L)),
                            new TensorSpec("y", DataType.INT64, List.of(-1L, 2L)),
                            new TensorSpec("map", DataType.FP32, List.of(-1L, 8L, 8L))));

    private static final String INTERFACE =
            """
            {"fields": [
              {"name": "size", "input": "x", "index": 0, "type": "number"},
              {"name": "colour", "input": "x", "index": 1, "type": "category",
               "encoding": "one-hot", "values": ["red", "green", "blue"]}],
             "outputs": [
              {"name": "p", "kind": "probabilities", "labels": ["no", "yes"], "activation": "sigmoid"}]}
            """;

    @Test
    void is_named_by_the_interface_and_else_by_the_graph() throws Exception {
        var table = ServedTable.of(SIGNATURE, ModelInterface.parse(INTERFACE));

        assertThat(table.columns().stream().map(ServedTable.Column::name))
                .containsExactly(
                        "size", "colour", "day", "no", "yes", "output:size", "y[0]", "y[1]");
        assertThat(table.outputs())
                .containsExactlyInAnyOrder("no", "yes", "output:size", "y[0]", "y[1]");

        var rows =
                ServedRows.of(
                        table,
                        new InferRequest(
                                List.of(
                                        Tensor.floats(
                                                "x", new long[] {2, 4}, 0.1f, 0, 1, 0, 7, 0, 0, 0),
                                        Tensor.strings("day", new long[] {2}, "Monday", "a\0b"))),
                        new InferResponse(
                                "m",
                                "1",
                                null,
                                List.of(
                                        Tensor.floats("p", new long[] {2, 1}, 0, Float.NaN),
                                        Tensor.longs("y", new long[] {2, 2}, 1, 2, 3, 4))));
        assertThat(rows.json(0, false).toString())
                .isEqualTo("{\"size\":0.1,\"colour\":\"green\",\"day\":\"Monday\"}");
        assertThat(rows.json(0, true).toString())
                .isEqualTo("{\"no\":0.5,\"yes\":0.5,\"y[0]\":1,\"y[1]\":2}");
        assertThat(rows.json(1, false).toString()).isEqualTo("{\"size\":7.0,\"day\":\"a\ufffdb\"}");
        assertThat(Cell.of(rows.json(1, true).get("yes")))
                .isEqualTo(new Cell.Number(Double.POSITIVE_INFINITY));
    }

    @Test
    void says_why_there_is_none() throws Exception {
        var text =
                ModelInterface.parse(
                        "{\"fields\": [{\"name\": \"text\", \"type\": \"text\", \"tokenizer\": \"t.json\"}]}");
        var ids =
                new Signature(
                        List.of(new TensorSpec("input_ids", DataType.INT64, List.of(-1L, -1L))),
                        List.of());
        assertThat(ServedTable.of(ids, text).why()).startsWith("Its input is text.");
        assertThat(ServedTable.of(ids, null).why())
                .startsWith("Its input input_ids of shape [-1, -1] is no list of rows");

        var wide =
                new Signature(
                        List.of(
                                new TensorSpec("a", DataType.FP32, List.of(-1L, 1_500L)),
                                new TensorSpec("b", DataType.FP32, List.of(-1L, 1_500L))),
                        List.of());
        assertThat(ServedTable.of(wide, null).why())
                .isEqualTo("It has 3,000 columns; at most 2,000 are counted.");
        assertThat(ServedTable.of(wide, null).isTable()).isFalse();
    }
}
