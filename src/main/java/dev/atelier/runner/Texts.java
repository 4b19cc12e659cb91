package dev.atelier.runner;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.atelier.inference.DataType;
import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Signature;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Text into token numbers, by Hugging Face's own tokenizer.
 *
 * <p>Only the native interface of DJL is used: its Java part unpacks the library to the home folder
 * and looks at the environment, and a runner has neither.
 */
final class Texts {

    private static final int MAX_TOKENS = 8192;

    private final Path folder;
    private final Signature signature;
    private final Map<String, Long> tokenizers = new HashMap<>();

    Texts(Path folder, Signature signature) {
        this.folder = folder;
        this.signature = signature;
    }

    Prepared prepare(Field field, byte[] raw, int offset) throws IOException {
        var text = new String(raw, offset, raw.length - offset, StandardCharsets.UTF_8);
        var tokenizer = field.tokenizer();
        if (tokenizer == null) {
            var rank = spec(field.input()).shape().size();
            return new Prepared(
                    List.of(Tensor.strings(field.input(), ones(Math.max(1, rank)), text)), "{}");
        }
        long handle = tokenizer(tokenizer);
        int limit = field.maxTokens() <= 0 ? 512 : Math.min(field.maxTokens(), MAX_TOKENS);
        long encoding;
        try {
            // A wrong word here is a Rust panic, which ends the process.
            TokenizersLibrary.LIB.disablePadding(handle);
            TokenizersLibrary.LIB.setTruncation(handle, limit, "LONGEST_FIRST", 0);
            encoding = TokenizersLibrary.LIB.encode(handle, text, true);
        } catch (RuntimeException e) {
            throw new InvalidRequest("the tokenizer failed: " + e.getMessage());
        }
        try {
            var ids = TokenizersLibrary.LIB.getTokenIds(encoding);
            var tensors = new ArrayList<Tensor>();
            add(tensors, "input_ids", ids, 0);
            add(tensors, "attention_mask", TokenizersLibrary.LIB.getAttentionMask(encoding), 0);
            add(tensors, "token_type_ids", TokenizersLibrary.LIB.getTypeIds(encoding), 0);
            if (tensors.isEmpty()) {
                throw new InvalidRequest(
                        "the model has no input input_ids, attention_mask or token_type_ids");
            }
            boolean cut = TokenizersLibrary.LIB.getOverflowCount(encoding) > 0;
            return new Prepared(
                    tensors, "{\"tokens\":%d,\"truncated\":%s}".formatted(ids.length, cut));
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    /** Adds the tensor if the graph has such an input, padded where its length is fixed. */
    private void add(List<Tensor> to, String name, long[] values, long padding) {
        for (var spec : signature.inputs()) {
            if (spec.name().equals(name)) {
                int rank = spec.shape().size();
                long fixed = rank == 0 ? -1 : spec.shape().getLast();
                var padded = values;
                if (fixed >= 0 && fixed <= MAX_TOKENS && fixed != values.length) {
                    padded = Arrays.copyOf(values, (int) fixed);
                    if (fixed > values.length) {
                        Arrays.fill(padded, values.length, (int) fixed, padding);
                    }
                }
                var shape = ones(Math.max(1, rank));
                shape[shape.length - 1] = padded.length;
                var datatype = spec.datatype() == DataType.INT32 ? DataType.INT32 : DataType.INT64;
                to.add(
                        Tensor.numbers(
                                name,
                                datatype,
                                shape,
                                Arrays.stream(padded).asDoubleStream().toArray()));
            }
        }
    }

    private static long[] ones(int rank) {
        var shape = new long[rank];
        Arrays.fill(shape, 1);
        return shape;
    }

    private TensorSpec spec(String input) {
        return signature.inputs().stream()
                .filter(spec -> spec.name().equals(input))
                .findFirst()
                .orElseThrow(() -> new InvalidRequest("there is no input \"" + input + "\""));
    }

    private long tokenizer(String name) throws IOException {
        var known = tokenizers.get(name);
        if (known != null) {
            return known;
        }
        var file = folder.resolve(name).normalize();
        if (!file.startsWith(folder) || !Files.isRegularFile(file)) {
            throw new InvalidRequest("the bundle has no file \"" + name + "\"");
        }
        if (Files.size(file) > 64 << 20) {
            throw new InvalidRequest("\"" + name + "\" is larger than 64 MB");
        }
        if (tokenizers.isEmpty()) {
            System.load(
                    Path.of(System.getProperty("onnxruntime.native.path"))
                            .resolve("libtokenizers.so")
                            .toString());
        }
        try {
            long handle = TokenizersLibrary.LIB.createTokenizerFromString(Files.readString(file));
            tokenizers.put(name, handle);
            return handle;
        } catch (RuntimeException e) {
            throw new InvalidRequest("\"" + name + "\" is no tokenizer: " + e.getMessage());
        }
    }
}
