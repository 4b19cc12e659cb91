package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A list of files with their digests, signed with a key: OpenSSF Model Signing v1.0, method {@code
 * key}. A sigstore bundle (v0.3) holds a DSSE envelope, that an in-toto statement, and that the
 * list.
 *
 * @param name of the model, for people
 * @param shardSize bytes that one digest covers; 0: each covers a whole file
 * @param hash {@code sha256}, {@code blake2b} or {@code blake3}
 * @param ignored paths that the signer left out, with what is below them
 * @param resources digest in hexadecimal by name: a path, or {@code path:start:end} of a shard
 */
record SignedManifest(
        String name,
        long shardSize,
        String hash,
        boolean allowsLinks,
        Set<String> ignored,
        Map<String, String> resources) {

    private static final String BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private static final String PAYLOAD = "application/vnd.in-toto+json";
    private static final String STATEMENT = "https://in-toto.io/Statement/v1";
    private static final String PREDICATE = "https://model_signing/signature/v1.0";

    /** The other implementation never looks at these, so what it verifies cannot list them. */
    private static final Set<String> GIT =
            Set.of(".git", ".github", ".gitattributes", ".gitignore");

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /** It does not prove anything; the message says why, for people. */
    static final class Unproven extends Exception {
        private static final long serialVersionUID = 1;

        Unproven(String message) {
            super(message);
        }
    }

    /** The manifest of the files of a version, signed: the text of a {@code .sig} file. */
    static String sign(String name, List<ModelFile> files, SigningKey key) {
        var statement = JSON.createObjectNode().put("_type", STATEMENT);
        var subject = statement.putArray("subject").addObject().put("name", name);
        statement.put("predicateType", PREDICATE);
        var predicate = statement.putObject("predicate");
        var how =
                predicate
                        .putObject("serialization")
                        .put("method", "files")
                        .put("hash_type", "sha256")
                        .put("allow_symlinks", false);
        var ignored = new LinkedHashSet<String>();
        var resources = predicate.putArray("resources");
        var root = sha256();
        for (var file : files.stream().sorted(Comparator.comparing(ModelFile::path)).toList()) {
            var top = file.path().split("/", 2)[0];
            if (GIT.contains(top)) {
                ignored.add(top);
                continue;
            }
            root.update(HexFormat.of().parseHex(file.sha256()));
            resources
                    .addObject()
                    .put("name", file.path())
                    .put("algorithm", "sha256")
                    .put("digest", file.sha256());
        }
        if (!ignored.isEmpty()) {
            var paths = how.putArray("ignore_paths");
            ignored.forEach(paths::add);
        }
        subject.putObject("digest").put("sha256", HexFormat.of().formatHex(root.digest()));
        return bundle(statement.toString().getBytes(StandardCharsets.UTF_8), key);
    }

    private static String bundle(byte[] payload, SigningKey key) {
        var base64 = Base64.getEncoder();
        var bundle = JSON.createObjectNode().put("mediaType", BUNDLE);
        var material = bundle.putObject("verificationMaterial");
        material.putObject("publicKey").put("hint", key.publicHalf().id());
        material.putArray("tlogEntries");
        var envelope = bundle.putObject("dsseEnvelope");
        envelope.put("payload", base64.encodeToString(payload)).put("payloadType", PAYLOAD);
        envelope.putArray("signatures")
                .addObject()
                .put("sig", base64.encodeToString(key.sign(encoded(payload))))
                .put("keyid", "");
        return bundle.toString();
    }

    /** What is signed: the pre-authentication encoding of DSSE v1. */
    private static byte[] encoded(byte[] payload) {
        var head =
                "DSSEv1 %d %s %d "
                        .formatted(PAYLOAD.length(), PAYLOAD, payload.length)
                        .getBytes(StandardCharsets.US_ASCII);
        var all = new byte[head.length + payload.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(payload, 0, all, head.length, payload.length);
        return all;
    }

    /**
     * Reads a bundle, believing nothing in it that the key did not sign.
     *
     * @throws Unproven when the key did not sign it, or it states nothing that can be checked
     */
    static SignedManifest read(String text, SigningKey.PublicHalf key) throws Unproven {
        var bundle = json(text, "The signature is not JSON.");
        require(
                bundle.path("mediaType").asText().equals(BUNDLE),
                "The signature is not a sigstore bundle of version 0.3.");
        var hint = bundle.path("verificationMaterial").path("publicKey").path("hint").asText();
        require(
                hint.isEmpty() || hint.equals(key.id()),
                "It was signed with another key (%s) than this one (%s)."
                        .formatted(hint, key.id()));
        var envelope = bundle.path("dsseEnvelope");
        require(
                envelope.path("payloadType").asText().equals(PAYLOAD),
                "The signature holds no in-toto statement.");
        require(
                envelope.path("signatures").size() == 1,
                "The envelope holds %d signatures, not one."
                        .formatted(envelope.path("signatures").size()));
        var payload = bytes(envelope.path("payload"));
        require(
                key.signed(
                        encoded(payload), bytes(envelope.path("signatures").path(0).path("sig"))),
                "The key did not sign this: the signature, or what it signs, was changed.");
        return statement(
                json(new String(payload, StandardCharsets.UTF_8), "The statement is not JSON."));
    }

    private static SignedManifest statement(JsonNode statement) throws Unproven {
        require(
                statement.path("_type").asText().equals(STATEMENT),
                "What was signed is not an in-toto statement of version 1.");
        require(
                statement.path("predicateType").asText().equals(PREDICATE),
                "What was signed is no manifest of OpenSSF Model Signing v1.0 but \"%s\"."
                        .formatted(statement.path("predicateType").asText()));
        require(statement.path("subject").size() == 1, "The statement has not one subject.");
        var subject = statement.path("subject").path(0);
        var how = statement.path("predicate").path("serialization");
        var method = how.path("method").asText();
        require(
                method.equals("files") || method.equals("shards"),
                "The manifest lists neither files nor shards but \"%s\".".formatted(method));
        long shard = method.equals("shards") ? how.path("shard_size").asLong() : 0;
        require(method.equals("files") || shard > 0, "The manifest has no size of its shards.");
        var hash = how.path("hash_type").asText();
        require(
                Set.of("sha256", "blake2b", "blake3").contains(hash),
                "The manifest uses the digest \"%s\", which is not known here.".formatted(hash));
        var ignored = new LinkedHashSet<String>();
        how.path("ignore_paths").forEach(path -> ignored.add(path.asText()));
        return new SignedManifest(
                subject.path("name").asText(),
                shard,
                hash,
                how.path("allow_symlinks").asBoolean(),
                ignored,
                resources(statement, subject.path("digest").path("sha256").asText(), hash));
    }

    private static Map<String, String> resources(JsonNode statement, String expected, String hash)
            throws Unproven {
        var resources = new LinkedHashMap<String, String>();
        var root = sha256();
        for (var resource : statement.path("predicate").path("resources")) {
            var name = resource.path("name").asText();
            var algorithm = resource.path("algorithm").asText();
            require(
                    algorithm.equals(hash) || algorithm.startsWith(hash + "-sharded-"),
                    "\"%s\" has the digest \"%s\", not \"%s\".".formatted(name, algorithm, hash));
            var digest = resource.path("digest").asText();
            try {
                root.update(HexFormat.of().parseHex(digest));
            } catch (IllegalArgumentException e) {
                throw new Unproven("\"%s\" has no digest.".formatted(name));
            }
            require(
                    resources.put(name, digest.toLowerCase(Locale.ROOT)) == null,
                    "\"%s\" is listed twice.".formatted(name));
        }
        require(
                HexFormat.of().formatHex(root.digest()).equals(expected),
                "The manifest contradicts itself: its files do not add up to its subject.");
        return resources;
    }

    private static JsonNode json(@Nullable String text, String otherwise) throws Unproven {
        try {
            var node = JSON.readTree(text);
            require(node != null && node.isObject(), otherwise);
            return node;
        } catch (JsonProcessingException e) {
            throw new Unproven(otherwise);
        }
    }

    private static byte[] bytes(JsonNode base64) throws Unproven {
        try {
            return Base64.getDecoder().decode(base64.asText());
        } catch (IllegalArgumentException e) {
            throw new Unproven("The signature holds a text that is not Base64.");
        }
    }

    private static void require(boolean holds, String otherwise) throws Unproven {
        if (!holds) {
            throw new Unproven(otherwise);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
