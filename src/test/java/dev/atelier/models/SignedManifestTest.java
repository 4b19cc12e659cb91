package dev.atelier.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.Installed;
import dev.atelier.PythonClients;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real {@code model-signing} of the OpenSSF verifies what we sign, and signs what we verify. It
 * is installed once, into the user's cache folder; where there is no Python, that part is left out
 * and the report says so.
 */
@DisplayName("A signed manifest")
class SignedManifestTest {

    private static final String[] PACKAGES = {
        // The one does not say that it needs the other.
        "model-signing==1.1.1", "pyOpenSSL==26.4.0"
    };

    @TempDir Path place;
    private Path folder;
    private final SigningKey key = SigningKey.fresh();

    private record Said(int status, String text) {}

    @BeforeEach
    void someFiles() throws IOException {
        folder = Files.createDirectories(place.resolve("model"));
        write("model.onnx", "a graph");
        write("card.md", "");
        write("data/part.bin", "0123456789");
        // Between "data" and "data/part.bin" by letters, not by folders.
        write("data-1.bin", "other");
        write("größe €.txt", "names are Unicode");
        Files.writeString(place.resolve("key.pem"), key.publicHalf().pem());
    }

    private void write(String path, String text) throws IOException {
        var file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void sign() throws Exception {
        Files.writeString(place.resolve("model.sig"), SignedManifest.sign("model", files(), key));
    }

    private List<ModelFile> files() throws Exception {
        var files = new ArrayList<ModelFile>();
        var sha = java.security.MessageDigest.getInstance("SHA-256");
        try (var all = Files.walk(folder)) {
            for (var file : all.filter(Files::isRegularFile).toList()) {
                var bytes = Files.readAllBytes(file);
                files.add(
                        new ModelFile(
                                folder.relativize(file).toString(),
                                HexFormat.of().formatHex(sha.digest(bytes)),
                                bytes.length));
            }
        }
        return files;
    }

    private Said verify() {
        return verify(
                folder.toString(),
                "--signature",
                place.resolve("model.sig").toString(),
                "--key",
                place.resolve("key.pem").toString());
    }

    private void assertRefused(String because) {
        var said = verify();

        assertThat(said.status).isEqualTo(1);
        assertThat(said.text).contains(because);
    }

    private static Said verify(String... arguments) {
        var said = new ByteArrayOutputStream();
        var out = new PrintStream(said, true, UTF_8);
        return new Said(VerifyCommand.run(List.of(arguments), out, out), said.toString(UTF_8));
    }

    @Test
    void verifies_the_files_as_they_were_signed() throws Exception {
        sign();

        var said = verify();

        assertThat(said.text).startsWith("Verified: the 5 files of \"model\"");
        assertThat(said.status).isZero();
    }

    @Test
    void rejects_a_changed_a_missing_and_an_unlisted_file_and_names_each() throws Exception {
        sign();
        write("data/part.bin", "0123456780");
        Files.delete(folder.resolve("card.md"));
        write("data/__init__.py", "import os");

        var said = verify();

        assertThat(said.status).isEqualTo(1);
        assertThat(said.text)
                .startsWith("Not verified: 3 of what is in")
                .contains("data/part.bin was changed")
                .contains("card.md is missing")
                .contains("data/__init__.py is not listed");
    }

    @Test
    void rejects_a_link_though_it_leads_to_the_same_bytes() throws Exception {
        sign();
        Files.move(folder.resolve("model.onnx"), place.resolve("elsewhere"));
        Files.createSymbolicLink(folder.resolve("model.onnx"), place.resolve("elsewhere"));

        assertRefused("model.onnx is a symbolic link");
    }

    @Test
    void may_lie_among_the_files_with_its_key() throws Exception {
        sign();
        Files.move(place.resolve("model.sig"), folder.resolve("model.sig"));
        Files.move(place.resolve("key.pem"), folder.resolve("key.pem"));

        var said =
                verify(
                        "--signature=" + folder.resolve("model.sig"),
                        folder.toString(),
                        "--key=" + folder.resolve("key.pem"));

        assertThat(said).isEqualTo(new Said(0, said.text));
    }

    @Test
    void is_nothing_with_another_key() throws Exception {
        sign();
        Files.writeString(place.resolve("key.pem"), SigningKey.fresh().publicHalf().pem());

        assertRefused("signed with another key");
    }

    @Test
    void is_nothing_when_the_statement_was_changed_and_its_key_hint_left_away() throws Exception {
        sign();
        var text = Files.readString(place.resolve("model.sig"));
        var payload = text.replaceAll(".*\"payload\":\"([^\"]+)\".*", "$1");
        var statement = new String(Base64.getDecoder().decode(payload), UTF_8);
        var forged = statement.replace("model.onnx", "model.ONNX");
        Files.writeString(
                place.resolve("model.sig"),
                text.replace(payload, Base64.getEncoder().encodeToString(forged.getBytes(UTF_8)))
                        .replace(key.publicHalf().id(), ""));

        assertRefused("The key did not sign this");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"}",
                "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"dsseEnvelope\":"
                        + "{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"?\","
                        + "\"signatures\":[{\"sig\":\"AA==\"}]}}",
                "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"dsseEnvelope\":"
                        + "{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"AA==\","
                        + "\"signatures\":[{\"sig\":\"AA==\"}]}}",
                "{\"mediaType\":1,\"mediaType\":2}"
            })
    void that_is_none_is_told_so(String text) throws Exception {
        Files.writeString(place.resolve("model.sig"), text);

        assertRefused("Not verified: The ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--signature a",
                "a --signature b",
                "a b --signature c --key d",
                "a --deep"
            })
    void asked_for_wrongly_ends_with_two(String arguments) {
        var said = verify(arguments.isEmpty() ? new String[0] : arguments.split(" "));

        assertThat(said.status).isEqualTo(2);
        assertThat(said.text).startsWith("atelier: ");
    }

    @Test
    void reads_its_key_with_and_without_the_lines_around_it() {
        var bare = Base64.getEncoder().encodeToString(key.encoded());
        var pem = "-----BEGIN PRIVATE KEY-----\n" + bare + "\n-----END PRIVATE KEY-----\n";

        assertThat(SigningKey.parse(bare).publicHalf()).isEqualTo(key.publicHalf());
        assertThat(SigningKey.parse(pem).publicHalf()).isEqualTo(key.publicHalf());
    }

    @Test
    void takes_no_key_on_another_curve_and_shows_none_that_is_broken() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        var other =
                Base64.getEncoder()
                        .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());

        assertThatThrownBy(() -> SigningKey.parse(other)).hasMessageContaining("P-256");
        assertThatThrownBy(() -> SigningKey.parse("!secret!"))
                .hasMessageNotContaining("secret!")
                .hasNoCause();
    }

    // With the other implementation.

    @Test
    void of_ours_is_verified_by_theirs_until_something_changes() throws Exception {
        var python = python();
        write(".gitattributes", "left out by both");
        sign();

        var good =
                theirs(
                        python,
                        "verify",
                        "key",
                        "model",
                        "--signature",
                        "model.sig",
                        "--public_key",
                        "key.pem");
        write("data/part.bin", "0123456780");
        var bad =
                theirs(
                        python,
                        "verify",
                        "key",
                        "model",
                        "--signature",
                        "model.sig",
                        "--public_key",
                        "key.pem");

        assertThat(good.text).contains("Verification succeeded");
        assertThat(bad.status).isNotZero();
        assertThat(bad.text).contains("Hash mismatch for 'data/part.bin'");
    }

    @ParameterizedTest
    @CsvSource({
        "secp256r1,use_file_serialization,sha256,5 files",
        "secp256r1,use_file_serialization,blake2,5 files",
        "secp256r1,use_file_serialization,blake3,5 files",
        "secp384r1,use_file_serialization,sha256,5 files",
        "secp521r1,use_shard_serialization,sha256,9 shards"
    })
    void of_theirs_is_verified_by_ours_until_something_changes(
            String curve, String method, String hash, String what) throws Exception {
        var python = python();
        write(".gitignore", "left out by both");
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        var pair = generator.generateKeyPair();
        Files.writeString(
                place.resolve("secret.pem"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        Files.writeString(
                place.resolve("key.pem"),
                SigningKey.PublicHalf.of((ECPublicKey) pair.getPublic()).pem());
        var signed =
                run(
                        place,
                        python.toString(),
                        "-c",
                        """
                        import pathlib, sys
                        from model_signing import hashing, signing
                        how = {"hashing_algorithm": sys.argv[2]}
                        if "shard" in sys.argv[1]: how["shard_size"] = 5
                        config = getattr(hashing.Config(), sys.argv[1])(**how)
                        signing.Config().use_elliptic_key_signer(private_key=pathlib.Path("secret.pem")) \\
                            .set_hashing_config(config).sign("model", "model.sig")
                        """,
                        method,
                        hash);
        assertThat(signed.status).as(signed.text).isZero();

        var good = verify();
        write("data/part.bin", "012345678");
        write("more.bin", "not listed");
        var bad = verify();

        assertThat(good.text).startsWith("Verified: the " + what);
        assertThat(bad.status).isEqualTo(1);
        assertThat(bad.text)
                .containsPattern("data/part.bin(:5:9)? (was changed|is not listed)")
                .containsPattern("more.bin(:0:5)? is not listed");
    }

    private static Path python() throws Exception {
        Installed.require(PythonClients.found(), "python3 with venv is not installed");
        return PythonClients.environment("model-signing-1.1.1", PACKAGES);
    }

    private Said theirs(Path python, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(python.toString(), "-m", "model_signing"));
        command.addAll(List.of(arguments));
        return run(place, command.toArray(String[]::new));
    }

    private static Said run(Path where, String... command) throws Exception {
        var process =
                new ProcessBuilder(command)
                        .directory(where.toFile())
                        .redirectErrorStream(true)
                        .start();
        var text = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return new Said(process.exitValue(), text);
    }
}
