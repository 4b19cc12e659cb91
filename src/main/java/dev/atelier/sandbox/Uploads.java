package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.resteasy.reactive.server.multipart.MultipartFormDataInput;

/** What comes with a form: texts, and the pictures and recordings that stand for fields. */
@ApplicationScoped
class Uploads {

    private static final int LARGEST = 10 << 20;
    private static final String KEPT = "sha256:";

    /** Served back as they came, so only types that a browser draws and never runs. */
    private static final Set<String> TYPES =
            Set.of(
                    "image/png",
                    "image/jpeg",
                    "image/webp",
                    "image/gif",
                    "image/bmp",
                    "audio/wav",
                    "audio/x-wav");

    /**
     * @param wrong files that were too large to be taken
     */
    record Given(
            Map<String, List<String>> texts,
            Map<String, Calls.Upload> files,
            List<Invalid.Field> wrong) {

        /**
         * @throws Invalid naming the files that were too large
         */
        void check() {
            if (!wrong.isEmpty()) {
                throw new Invalid("A file is too large", wrong);
            }
        }

        Optional<String> single(String name) {
            return Optional.ofNullable(texts.get(name)).map(List::getFirst);
        }

        /**
         * What was entered for the fields of a form; an upload wins over the file that stood there.
         */
        Map<String, List<String>> entries(Form form) {
            var entries = new LinkedHashMap<String, List<String>>();
            for (var field : form.fields()) {
                var file = files.get(field.name());
                var stood = texts.get(field.name() + ".file");
                if (file != null) {
                    entries.put(field.name(), List.of(reference(file)));
                } else if (stood != null) {
                    entries.put(field.name(), stood);
                } else if (texts.containsKey(field.name())) {
                    entries.put(field.name(), texts.get(field.name()));
                } else if (field.type() == FieldType.BOOLEAN) {
                    entries.put(field.name(), List.of("false"));
                }
            }
            return entries;
        }
    }

    private final Calls calls;
    private final BundleFiles bundles;

    Uploads(Calls calls, BundleFiles bundles) {
        this.calls = calls;
        this.bundles = bundles;
    }

    static String reference(Calls.Upload upload) {
        return KEPT + upload.sha256();
    }

    static boolean isKept(String value) {
        return value.startsWith(KEPT);
    }

    Optional<Calls.Upload> kept(String value) {
        return isKept(value) ? calls.upload(value.substring(KEPT.length())) : Optional.empty();
    }

    Given read(MultipartFormDataInput input) {
        var texts = new LinkedHashMap<String, List<String>>();
        var files = new HashMap<String, Calls.Upload>();
        var wrong = new ArrayList<Invalid.Field>();
        for (var part : input.getValues().entrySet()) {
            for (var value : part.getValue()) {
                if (!value.isFileItem()) {
                    texts.computeIfAbsent(part.getKey(), _ -> new ArrayList<>())
                            // The database keeps no NUL.
                            .add(value.getValue().replace('\0', '\ufffd'));
                    continue;
                }
                try (var in = value.getFileItem().getInputStream()) {
                    var content = in.readNBytes(LARGEST + 1);
                    if (content.length > LARGEST) {
                        wrong.add(
                                new Invalid.Field(
                                        part.getKey(),
                                        "The file is over 10 MB, the most that Try it takes. Make it smaller or shorter."));
                    } else if (content.length > 0) {
                        var type = String.valueOf(value.getHeaders().getFirst("Content-Type"));
                        files.put(
                                part.getKey(),
                                new Calls.Upload(
                                        sha256(content),
                                        TYPES.contains(type) ? type : "application/octet-stream",
                                        content));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return new Given(texts, files, wrong);
    }

    /** The bytes behind every picture and recording of a form. */
    Map<String, byte[]> contents(
            ModelVersion version, Form form, Entries entries, Map<String, Calls.Upload> fresh) {
        var contents = new HashMap<String, byte[]>();
        for (var field : form.fields()) {
            if (field.type() != FieldType.IMAGE && field.type() != FieldType.AUDIO) {
                continue;
            }
            var value = entries.text(field);
            if (fresh.containsKey(field.name())) {
                contents.put(field.name(), fresh.get(field.name()).content());
            } else if (isKept(value)) {
                kept(value).ifPresent(upload -> contents.put(field.name(), upload.content()));
            } else if (!value.isEmpty()) {
                contents.put(field.name(), bundles.read(version, value));
            }
        }
        return contents;
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
