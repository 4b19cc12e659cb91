package dev.atelier.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.atelier.inference.DataType;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Tensor;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The boxes of a detector")
class DetectionsTest {

    private static final Frame FRAME = Frame.filled(100, 50);

    private static Tensor tensor(String name, long[] shape, double... values) {
        return Tensor.numbers(name, DataType.FP32, shape, values);
    }

    private static Verdict verdict(String output, Tensor... tensors) throws Exception {
        var described = ModelInterface.parse("{\"outputs\": [" + output + "]}").outputs();
        return Verdict.of(new InferResponse("m", "1", null, List.of(tensors)), described, FRAME);
    }

    private static List<Boxes.Found> found(String output, Tensor... tensors) throws Exception {
        var verdict = verdict(output, tensors);
        assertThat(verdict.notes()).isEmpty();
        assertThat(verdict.parts()).hasSize(1);
        return verdict.parts().getFirst().boxes().found();
    }

    @Test
    void with_scores_and_classes_of_their_own_are_read_best_first() throws Exception {
        var found =
                found(
                        """
                        {"name": "boxes", "kind": "detections", "box": "yxyx", "coordinates": "relative",
                         "scores": "scores", "classes": "classes", "labels": ["cat", "dog"]}""",
                        tensor("boxes", new long[] {1, 2, 4}, 0, 0, 0.5, 0.25, 0.2, 0.5, 1, 0.75),
                        tensor("scores", new long[] {1, 2}, 0.4, 0.9),
                        tensor("classes", new long[] {1, 2}, 0, 1));

        assertThat(found).extracting(Boxes.Found::label).containsExactly("dog", "cat");
        assertThat(found.getFirst().x()).isCloseTo(50, within(1e-4));
        assertThat(found.getFirst().y()).isCloseTo(10, within(1e-4));
        assertThat(found.getFirst().width()).isCloseTo(25, within(1e-4));
        assertThat(found.getFirst().height()).isCloseTo(40, within(1e-4));
    }

    @Test
    void of_a_transformer_skip_the_class_that_means_nothing() throws Exception {
        var found =
                found(
                        """
                        {"name": "pred_boxes", "kind": "detections", "box": "cxcywh",
                         "coordinates": "relative", "scores": "logits", "activation": "softmax",
                         "background": -1, "labels": ["cat", "dog"]}""",
                        tensor("logits", new long[] {1, 2, 3}, 0, 5, 0, 0, 0, 9),
                        tensor("pred_boxes", new long[] {1, 2, 4}, .5, .5, .2, .2, .1, .1, .1, .1));

        assertThat(found).extracting(Boxes.Found::label).containsExactly("dog");
        assertThat(found.getFirst().score()).isGreaterThan(0.9);
        assertThat(found.getFirst().x()).isCloseTo(40, within(1e-4));
    }

    @Test
    void in_transposed_rows_lose_those_that_overlap_a_better_one() throws Exception {
        var found =
                found(
                        """
                        {"name": "y", "kind": "detections", "format": "rows", "transposed": true,
                         "columns": ["box", "scores"], "box": "cxcywh", "iouThreshold": 0.5,
                         "labels": ["cat", "dog"]}""",
                        tensor(
                                "y",
                                new long[] {1, 6, 3},
                                20,
                                21,
                                70, // centre x
                                20,
                                20,
                                20, // centre y
                                10,
                                10,
                                10, // width
                                10,
                                10,
                                10, // height
                                0.9,
                                0.8,
                                0.0, // cat
                                0.0,
                                0.1,
                                0.7)); // dog

        assertThat(found).extracting(Boxes.Found::label).containsExactly("cat", "dog");
        assertThat(found.getFirst().x()).isCloseTo(15, within(1e-4));
    }

    @Test
    void in_rows_with_a_class_number_are_read_in_the_order_of_the_columns() throws Exception {
        var found =
                found(
                        """
                        {"name": "y", "kind": "detections", "format": "rows",
                         "columns": ["_", "class", "score", "box"]}""",
                        tensor("y", new long[] {1, 1, 1, 7}, 0, 3, 0.5, 1, 2, 31, 42));

        assertThat(found).extracting(Boxes.Found::label).containsExactly("y");
        assertThat(found.getFirst().width()).isEqualTo(30);
    }

    @Test
    void that_are_not_finite_or_score_nothing_are_no_boxes() throws Exception {
        var found =
                found(
                        """
                        {"name": "b", "kind": "detections", "scores": "s"}""",
                        tensor("b", new long[] {1, 2, 4}, Double.NaN, 0, 1, 1, 0, 0, 1, 1),
                        tensor("s", new long[] {1, 2}, 0.9, Double.NaN));

        assertThat(found).isEmpty();
    }

    @Test
    void that_do_not_fit_their_description_are_told_and_shown_as_tensors() throws Exception {
        var verdict =
                verdict(
                        """
                        {"name": "b", "kind": "detections", "scores": "s"}""",
                        tensor("b", new long[] {1, 7}, 1, 2, 3, 4, 5, 6, 7));

        assertThat(verdict.notes())
                .containsExactly(
                        "“b” is described as boxes of four numbers, but has the shape [1, 7].");
        assertThat(verdict.tensors()).hasSize(1);
    }
}
