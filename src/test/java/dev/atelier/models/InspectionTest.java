package dev.atelier.models;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.models.FileReport.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The scan")
class InspectionTest {

    @TempDir Path folder;

    private final List<ModelFile> bundle = new ArrayList<>();

    private Inspection.Result scan(String path, byte[] content) throws IOException {
        with(path, content);
        return Inspection.of(bundle, new OnDisk());
    }

    private void with(String path, byte[] content) throws IOException {
        var file = Files.write(folder.resolve("f" + bundle.size()), content);
        bundle.add(new ModelFile(path, file.toString(), content.length));
    }

    private static FileReport only(Inspection.Result result) {
        assertThat(result.files()).hasSize(1);
        return result.files().getFirst();
    }

    @Test
    void reads_names_types_shapes_and_operators_of_a_graph() throws IOException {
        var model =
                Onnx.model(
                        g -> {
                            g.in(1, n -> n.text(4, "Gemm"));
                            g.in(1, n -> n.text(4, "Softmax"));
                            g.text(2, "net");
                            // 2 × 3 floats
                            g.in(
                                    5,
                                    t ->
                                            t.number(1, 2)
                                                    .number(1, 3)
                                                    .number(2, 1)
                                                    .text(8, "w")
                                                    .bytes(9, new byte[24]));
                            Onnx.tensor(g, 11, "x", 1, "batch", 2L);
                            Onnx.tensor(g, 11, "w", 1, 2L, 3L);
                            Onnx.tensor(g, 12, "p", 1, "batch", 3L);
                            Onnx.tensor(g, 12, "label", 8, "batch");
                        });

        var result = scan("model.onnx", model);

        assertThat(result.refusal()).isNull();
        var graph = result.graph();
        assertThat(graph.name()).isEqualTo("net");
        assertThat(graph.opsets()).containsEntry("ai.onnx", 17L);
        assertThat(graph.operators()).containsEntry("Gemm", 1).containsEntry("Softmax", 1);
        assertThat(graph.parameters()).isEqualTo(6);
        assertThat(graph.inputs()).extracting(OnnxGraph.Value::name).containsExactly("x");
        assertThat(graph.inputs().getFirst().shape()).containsExactly("batch", "2");
        assertThat(result.signature().outputs())
                .extracting(spec -> spec.name() + spec.datatype() + spec.shape())
                .containsExactly("pFP32[-1, 3]", "labelBYTES[-1]");
    }

    @Test
    void says_how_to_export_a_model_whose_output_is_a_map() throws IOException {
        var model =
                Onnx.model(
                        g -> {
                            g.in(1, n -> n.text(4, "ZipMap").text(7, "ai.onnx.ml"));
                            Onnx.tensor(g, 11, "x", 1, "N", 2L);
                            g.in(
                                    12,
                                    v ->
                                            v.text(1, "probabilities")
                                                    .in(
                                                            2,
                                                            t ->
                                                                    t.in(
                                                                            4,
                                                                            s ->
                                                                                    s.in(
                                                                                            1,
                                                                                            e ->
                                                                                                    e
                                                                                                            .in(
                                                                                                                    5,
                                                                                                                    m ->
                                                                                                                            m
                                                                                                                                    .number(
                                                                                                                                            1,
                                                                                                                                            7))))));
                        });

        var result = scan("model.onnx", model);

        assertThat(result.refusal()).isNull();
        assertThat(result.signature()).isNull();
        assertThat(result.unservable())
                .contains("probabilities", "sequence of maps", "zipmap': False");
    }

    @Test
    @Timeout(60)
    void refuses_every_truncation_of_a_model() throws IOException {
        var model = Onnx.identity("cut");
        for (int length = 1; length < model.length - 4; length++) {
            bundle.clear();
            var result = scan("model.onnx", Arrays.copyOf(model, length));
            assertThat(result.refusal()).as("first %d bytes", length).isNotNull();
        }
    }

    @Test
    @Timeout(60)
    void survives_random_bytes_and_flipped_bits() throws IOException {
        var random = new Random(42);
        var model = Onnx.identity("flip");
        for (int i = 0; i < 2_000; i++) {
            bundle.clear();
            byte[] bytes;
            if (i % 2 == 0) {
                bytes = new byte[random.nextInt(300) + 1];
                random.nextBytes(bytes);
            } else {
                bytes = model.clone();
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            var result = scan("model.onnx", bytes);
            assertThat(result.files()).hasSize(1);
            if (i % 2 == 0) {
                assertThat(result.refusal()).isNotNull();
            }
        }
    }

    @Test
    void refuses_a_tensor_that_claims_more_than_it_holds() throws IOException {
        var model =
                Onnx.model(
                        g -> {
                            g.in(5, t -> t.number(1, 1L << 40).number(2, 1).bytes(9, new byte[4]));
                            Onnx.tensor(g, 12, "y", 1, 1L);
                        });

        assertThat(scan("model.onnx", model).refusal()).contains("claims", "holds 4 bytes");
    }

    @Test
    void refuses_sizes_that_overflow() throws IOException {
        var model =
                Onnx.model(
                        g -> {
                            g.in(5, t -> t.number(1, 1L << 40).number(1, 1L << 40).number(2, 1));
                            Onnx.tensor(g, 12, "y", 1, 1L);
                        });

        assertThat(scan("model.onnx", model).refusal()).contains("overflows");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../secret.bin",
                "/etc/passwd",
                "sub/w.bin",
                "..\\w.bin",
                "*/_ORT_MEM_ADDR_/*",
                "absent.bin"
            })
    void refuses_weights_that_lie_outside_the_bundle(String location) throws IOException {
        assertThat(scan("model.onnx", external(location, 0, 4)).refusal())
                .contains("weights")
                .contains(location);
    }

    @Test
    void takes_weights_that_lie_in_the_bundle_but_not_beyond_their_end() throws IOException {
        with("m/w.bin", new byte[8]);
        assertThat(scan("m/model.onnx", external("w.bin", 4, 4)).refusal()).isNull();
        bundle.removeLast();
        assertThat(scan("m/model.onnx", external("w.bin", 8, 4)).refusal())
                .contains("beyond the end");
    }

    private static byte[] external(String location, long offset, long length) {
        return Onnx.model(
                g -> {
                    g.in(
                            5,
                            t ->
                                    t.number(1, 1)
                                            .number(2, 1)
                                            .text(8, "w")
                                            .in(13, e -> e.text(1, "location").text(2, location))
                                            .in(13, e -> e.text(1, "offset").text(2, "" + offset))
                                            .in(13, e -> e.text(1, "length").text(2, "" + length))
                                            .number(14, 1));
                    Onnx.tensor(g, 12, "y", 1, 1L);
                });
    }

    @Test
    void finds_external_weights_in_a_branch_of_a_branch() throws IOException {
        var hidden =
                Onnx.model(
                        g -> {
                            g.in(
                                    1,
                                    n ->
                                            n.text(4, "If")
                                                    .in(
                                                            5,
                                                            a ->
                                                                    a.in(
                                                                            6,
                                                                            sub ->
                                                                                    sub.bytes(
                                                                                            5,
                                                                                            Onnx
                                                                                                    .message(
                                                                                                            t ->
                                                                                                                    t.number(
                                                                                                                                    1,
                                                                                                                                    1)
                                                                                                                            .number(
                                                                                                                                    2,
                                                                                                                                    1)
                                                                                                                            .in(
                                                                                                                                    13,
                                                                                                                                    e ->
                                                                                                                                            e.text(
                                                                                                                                                            1,
                                                                                                                                                            "location")
                                                                                                                                                    .text(
                                                                                                                                                            2,
                                                                                                                                                            "/etc/shadow")))))));
                            Onnx.tensor(g, 12, "y", 1, 1L);
                        });

        assertThat(scan("model.onnx", hidden).refusal()).contains("/etc/shadow");
    }

    @Test
    void refuses_what_nests_without_end() throws IOException {
        byte[] graph = Onnx.message(g -> g.text(2, "innermost"));
        for (int i = 0; i < 200; i++) {
            var inner = graph;
            graph = Onnx.message(g -> g.in(1, n -> n.text(4, "If").in(5, a -> a.bytes(6, inner))));
        }
        var outermost = graph;
        var model =
                Onnx.message(m -> m.number(1, 8).bytes(7, outermost).in(8, o -> o.number(2, 17)));

        assertThat(scan("model.onnx", model).refusal()).contains("nested deeper");
    }

    @Test
    void refuses_more_nodes_than_anyone_needs() throws IOException {
        var model =
                Onnx.model(
                        g -> {
                            for (int i = 0; i <= OnnxReader.MOST_NODES; i++) {
                                g.in(1, n -> n.text(4, "Add"));
                            }
                            Onnx.tensor(g, 12, "y", 1, 1L);
                        });

        assertThat(scan("model.onnx", model).refusal()).contains("100,000 nodes");
    }

    @ParameterizedTest
    @CsvSource({
        "com.evil, Boom, com.evil",
        "ai.onnx.ml, Boom, Boom",
        "'', Boom, Boom",
        "com.microsoft, FusedGemm, "
    })
    void refuses_operators_that_the_runner_does_not_have(
            String domain, String operator, String named) throws IOException {
        var model =
                Onnx.message(
                        m ->
                                m.number(1, 8)
                                        .in(
                                                7,
                                                g -> {
                                                    g.in(
                                                            1,
                                                            n ->
                                                                    n.text(4, operator)
                                                                            .text(7, domain));
                                                    Onnx.tensor(g, 12, "y", 1, 1L);
                                                })
                                        .in(8, o -> o.text(1, domain).number(2, 1)));

        var result = scan("model.onnx", model);

        if (named == null) {
            assertThat(result.refusal()).isNull();
        } else {
            assertThat(result.refusal()).contains(named);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Y3Bvc2l4CnN5c3RlbQpwMAooVmlkCnAxCnRwMgpScDMKLg==",
                "gAJjcG9zaXgKc3lzdGVtCnEAWAIAAABpZHEBhXECUnEDLg==",
                "gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==",
                "gASVHwAAAAAAAACMCGJ1aWx0aW5zlIwEZXZhbJSTlIwDMSsxlIWUUpQu"
            })
    void refuses_pickles_that_take_over_a_machine_in_every_protocol(String base64)
            throws IOException {
        var result = scan("model.pkl", Base64.getDecoder().decode(base64));

        assertThat(result.refusal()).containsAnyOf("posix.system", "builtins.eval");
    }

    @Test
    void finds_a_pickle_whatever_its_name() throws IOException {
        var evil = "gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==";

        assertThat(scan("weights.bin", Base64.getDecoder().decode(evil)).refusal())
                .contains("posix.system");
    }

    @Test
    void refuses_a_pickle_that_computes_what_it_imports() throws IOException {
        // STACK_GLOBAL over two values that are no strings
        var bytes = new byte[] {(byte) 0x80, 4, 'N', 'N', (byte) 0x93, '.'};

        assertThat(scan("model.pkl", bytes).refusal()).contains("computes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"forest.pkl", "logistic.joblib", "logistic-compressed.joblib"})
    void lists_what_an_honest_pickle_imports_and_keeps_it(String name) throws IOException {
        byte[] bytes;
        try (InputStream in = getClass().getResourceAsStream("/models/" + name)) {
            bytes = in.readAllBytes();
        }

        var result = scan(name, bytes);

        assertThat(result.refusal()).isNull();
        assertThat(only(result).verdict()).isEqualTo(Verdict.CODE);
        assertThat(only(result).findings().toString()).contains("sklearn.", "not loaded here");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil.txt", "/etc/cron.d/x", "a/../../b", "C:\\x", "ok\\..\\x"})
    void refuses_an_archive_that_leaves_its_folder(String name) throws IOException {
        assertThat(scan("data.zip", zip(name, "x".getBytes(UTF_8), false)).refusal())
                .contains("data.zip");
    }

    @Test
    void refuses_links_bombs_and_archives_in_archives() throws IOException {
        assertThat(scan("l.zip", zip("link", "/etc/passwd".getBytes(UTF_8), true)).refusal())
                .contains("is a link");
        bundle.clear();
        assertThat(scan("b.zip", zip("zeros", new byte[50 << 20], false)).refusal())
                .contains("more than 100 times");
        bundle.clear();
        assertThat(scan("n.zip", zip("inner.zip", new byte[10], false)).refusal())
                .contains("archive in an archive");
        bundle.clear();
        var gzip = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gzip)) {
            out.write(new byte[50 << 20]);
        }
        assertThat(scan("b.gz", gzip.toByteArray()).refusal()).contains("more than 100 times");
    }

    @Test
    void looks_into_the_pickle_of_pytorch_weights() throws IOException {
        var evil = Base64.getDecoder().decode("gAJjcG9zaXgKc3lzdGVtCnEAWAIAAABpZHEBhXECUnEDLg==");

        assertThat(scan("model.pt", zip("archive/data.pkl", evil, false)).refusal())
                .contains("posix.system");
    }

    @Test
    void looks_into_what_pytorch_saved_inside_of_another_archive() throws IOException {
        var evil = Base64.getDecoder().decode("gAJjcG9zaXgKc3lzdGVtCnEAWAIAAABpZHEBhXECUnEDLg==");
        var saved = zip("archive/data.pkl", evil, false);

        assertThat(scan("model.pt2", zip("m/data/sample_inputs/model.pt", saved, false)).refusal())
                .contains("posix.system");
        assertThat(scan("other.pt2", zip("m/data/sample_inputs/model.pt", evil, false)).refusal())
                .contains("posix.system");
    }

    @ParameterizedTest(name = "{0} is {1}, {2}")
    @CsvSource({
        "state.pth, PyTorch weights, NOTED, Weights alone",
        "state-old.pth, PyTorch weights, NOTED, Weights alone",
        "module.pth, PyTorch weights, CODE, It brings code of the script that wrote it",
        "module.pth, PyTorch weights, CODE, 'Without code: its state_dict as safetensors'",
        "traced.pt, TorchScript model, CODE, Without code",
        "linear.pt2, PyTorch program (pt2), NOTED, Weights alone",
    })
    void says_of_real_files_of_pytorch_what_loading_them_runs(
            String file, String kind, Verdict verdict, String finding) throws IOException {
        var report =
                only(scan(file, Files.readAllBytes(Path.of("src/test/resources/torch", file))));

        assertThat(report.kind()).isEqualTo(kind);
        assertThat(report.verdict()).isEqualTo(verdict);
        assertThat(report.findings()).anyMatch(one -> one.contains(finding));
    }

    private static byte[] zip(String name, byte[] content, boolean link) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipArchiveOutputStream(bytes)) {
            var entry = new ZipArchiveEntry(name);
            if (link) {
                entry.setUnixMode(0120777);
            }
            zip.putArchiveEntry(entry);
            zip.write(content);
            zip.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    @Test
    void checks_the_header_of_safetensors() throws IOException {
        var header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        assertThat(scan("w.safetensors", safetensors(header, 4)).refusal()).isNull();
        bundle.clear();
        assertThat(scan("w.safetensors", safetensors(header, 3)).refusal()).contains("outside");
        bundle.clear();
        var overlapping = "{\"a\":{\"data_offsets\":[0,4]},\"b\":{\"data_offsets\":[2,6]}}";
        assertThat(scan("w.safetensors", safetensors(overlapping, 8)).refusal())
                .contains("overlap");
        bundle.clear();
        assertThat(scan("w.safetensors", "ÿÿÿÿÿÿÿÿ".getBytes(ISO_8859_1)).refusal())
                .contains("impossible length");
    }

    private static byte[] safetensors(String header, int data) {
        var out = new ByteArrayOutputStream();
        for (int i = 0; i < 8; i++) {
            out.write((int) ((long) header.length() >>> (8 * i)));
        }
        out.writeBytes(header.getBytes(UTF_8));
        out.writeBytes(new byte[data]);
        return out.toByteArray();
    }

    @Test
    void marks_web_content_as_a_download() throws IOException {
        var svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
        assertThat(only(scan("logo.png", svg.getBytes(UTF_8))).verdict()).isEqualTo(Verdict.NOTED);
    }

    @Test
    void tells_where_the_interface_contradicts_the_graph() throws IOException {
        with(
                "interface.json",
                "{\"fields\":[{\"name\":\"a\",\"input\":\"nope\",\"type\":\"number\"}]}"
                        .getBytes(UTF_8));

        var result = scan("model.onnx", Onnx.identity("i"));

        assertThat(result.refusal()).isNull();
        assertThat(result.warnings())
                .singleElement()
                .asString()
                .contains("fields[0].input", "nope");
    }
}
