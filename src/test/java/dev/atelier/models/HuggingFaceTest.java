package dev.atelier.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.inference.DataType;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The files of a Hugging Face repository")
class HuggingFaceTest {

    private static final Signature TEXT =
            new Signature(
                    List.of(
                            new TensorSpec("input_ids", DataType.INT64, List.of(-1L, -1L)),
                            new TensorSpec("attention_mask", DataType.INT64, List.of(-1L, -1L))),
                    List.of(new TensorSpec("logits", DataType.FP32, List.of(-1L, 2L))));
    private static final Signature PICTURE =
            new Signature(
                    List.of(
                            new TensorSpec(
                                    "pixel_values", DataType.FP32, List.of(-1L, 3L, -1L, -1L))),
                    List.of(new TensorSpec("logits", DataType.FP32, List.of(-1L, 3L))));
    private static final Signature TABLE =
            new Signature(
                    List.of(new TensorSpec("X", DataType.FP32, List.of(-1L, 2L))),
                    List.of(new TensorSpec("label", DataType.INT64, List.of(-1L))));

    private static ModelInterface complete(
            String given, Signature signature, String card, Map<String, String> files)
            throws Exception {
        var description = (ObjectNode) new ObjectMapper().readTree(given);
        HuggingFace.complete(
                description,
                signature,
                Card.parse("---\n" + card + "\n---\n").frontMatter(),
                path -> Optional.ofNullable(files.get(path)),
                files::containsKey);
        return ModelInterface.parse(description.toString());
    }

    @Test
    void make_a_form_for_a_text_classifier_with_its_labels_and_examples() throws Exception {
        var read =
                complete(
                        "{}",
                        TEXT,
                        """
                        pipeline_tag: text-classification
                        widget:
                        - text: I love it
                          example_title: Praise
                          output:
                          - {label: POSITIVE, score: 0.99}
                        - text: It broke""",
                        Map.of(
                                "tokenizer.json", "{}",
                                "tokenizer_config.json", "{\"model_max_length\": 512}",
                                "config.json",
                                        "{\"id2label\": {\"0\": \"NEGATIVE\", \"1\": \"POSITIVE\"}}"));

        var field = read.fields().getFirst();
        assertThat(field.type()).isEqualTo(FieldType.TEXT);
        assertThat(field.tokenizer()).isEqualTo("tokenizer.json");
        assertThat(field.maxTokens()).isEqualTo(512);
        var output = read.outputs().getFirst();
        assertThat(output.kind()).isEqualTo(OutputKind.PROBABILITIES);
        assertThat(output.activation()).isEqualTo("softmax");
        assertThat(output.labels()).containsExactly("NEGATIVE", "POSITIVE");
        assertThat(read.examples())
                .extracting(e -> e.title())
                .containsExactly("Praise", "It broke");
        assertThat(read.examples().getFirst().values().get("text").asText()).isEqualTo("I love it");
        assertThat(read.examples().getFirst().expect().asText()).isEqualTo("POSITIVE");
        assertThat(read.notes()).isEmpty();
    }

    @Test
    void prepare_pictures_as_the_image_processor_does() throws Exception {
        var read =
                complete(
                        "{}",
                        PICTURE,
                        "pipeline_tag: image-classification",
                        Map.of(
                                "preprocessor_config.json",
                                """
                                {"do_resize": true, "size": {"height": 224, "width": 192},
                                 "do_normalize": true, "image_mean": [0.5, 0.4, 0.3],
                                 "image_std": [0.1, 0.2, 0.3], "rescale_factor": 0.5}"""));

        var field = read.fields().getFirst();
        assertThat(field.type()).isEqualTo(FieldType.IMAGE);
        assertThat(field.height()).isEqualTo(224);
        assertThat(field.width()).isEqualTo(192);
        assertThat(field.resize()).isEqualTo("stretch");
        assertThat(field.scale()).isEqualTo(0.5);
        assertThat(field.mean()).containsExactly(0.5, 0.4, 0.3);
        assertThat(field.std()).containsExactly(0.1, 0.2, 0.3);
    }

    @Test
    void show_pictures_of_the_bundle_and_never_fetch_another() throws Exception {
        var read =
                complete(
                        "{}",
                        PICTURE,
                        """
                        widget:
                        - src: https://huggingface.co/a/b/resolve/main/pictures/cat.png
                          example_title: Ours by its address
                        - src: ./pictures/cat.png
                          example_title: Ours
                        - src: https://example.org/tiger.jpg
                          example_title: Tiger
                        - src: ../secret.png
                          example_title: Beyond""",
                        Map.of(
                                "preprocessor_config.json",
                                "{\"size\": 224}",
                                "pictures/cat.png",
                                ""));

        assertThat(read.examples())
                .extracting(e -> e.values().get("image").asText())
                .containsExactly("pictures/cat.png", "pictures/cat.png");
        assertThat(read.notes())
                .anySatisfy(
                        note ->
                                assertThat(note)
                                        .contains("Tiger")
                                        .contains("nothing is fetched from the network"))
                .anySatisfy(note -> assertThat(note).contains("Beyond").contains("no file"))
                .hasSize(2);
    }

    @Test
    void name_the_columns_of_a_table_nobody_described() throws Exception {
        var read =
                complete(
                        "{}",
                        TABLE,
                        """
                        widget:
                        - structured_data:
                            petal length: [1.4, 4.7]
                            petal width: [0.2, 1.4]""",
                        Map.of());

        assertThat(read.fields())
                .extracting(f -> f.name())
                .containsExactly("petal length", "petal width");
        assertThat(read.examples()).hasSize(2);
        assertThat(read.examples().get(1).values().get("petal width").asDouble()).isEqualTo(1.4);
    }

    @Test
    void find_the_fields_of_a_description_by_name_or_title() throws Exception {
        var read =
                complete(
                        """
                        {"fields": [{"name": "pl", "input": "X", "index": 0, "type": "number", "title": "Petal length"},
                                    {"name": "pw", "input": "X", "index": 1, "type": "number"}]}""",
                        TABLE,
                        """
                        widget:
                        - structured_data:
                            petal_length: [1.4]
                            PW: [0.2]
                            colour: [red]""",
                        Map.of());

        assertThat(read.examples().getFirst().values()).containsOnlyKeys("pl", "pw");
        assertThat(read.notes()).singleElement().asString().contains("no input is called colour");
    }

    @Test
    void give_the_settings_that_mean_something_here_and_name_the_others() throws Exception {
        var read =
                complete(
                        "{}",
                        TEXT,
                        """
                        pipeline_tag: text-classification
                        inference:
                          parameters:
                            function_to_apply: sigmoid
                            temperature: 0.7""",
                        Map.of("tokenizer.json", "{}"));

        assertThat(read.outputs().getFirst().activation()).isEqualTo("sigmoid");
        assertThat(read.notes()).singleElement().asString().contains("temperature");
    }

    @Test
    void say_what_of_other_kinds_of_examples_cannot_be_used() throws Exception {
        var read =
                complete(
                        "{}",
                        TABLE,
                        """
                        widget:
                        - text: What is it?
                          context: A table.
                        - messages: [{role: user, content: hi}]
                        - nonsense: 1""",
                        Map.of());

        assertThat(read.examples()).isEmpty();
        assertThat(read.notes()).hasSize(3);
    }

    @Test
    void change_nothing_where_there_are_none() throws Exception {
        var description = (ObjectNode) new ObjectMapper().readTree("{}");

        var changed =
                HuggingFace.complete(
                        description,
                        TABLE,
                        Card.parse("# A card without front matter").frontMatter(),
                        _ -> Optional.empty(),
                        _ -> false);

        assertThat(changed).isFalse();
        assertThat(description.isEmpty()).isTrue();
    }
}
