package dev.atelier.models;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * {@code ./atelier verify FOLDER --signature F --key K.pem}: verifies a folder against a signed
 * manifest, without a portal, a database or a network. Ends with 0 when all is as it was signed, 1
 * when not, 2 when it was asked wrongly.
 */
public final class VerifyCommand {

    private static final long LARGEST = 256 << 20;
    private static final int SHOWN = 50;

    private VerifyCommand() {}

    public static void main(String... args) {
        System.exit(run(List.of(args), System.out, System.err));
    }

    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        var folders = new ArrayList<String>();
        var options = new HashMap<String, String>();
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            var pair = argument.split("=", 2);
            if (!argument.startsWith("--")) {
                folders.add(argument);
            } else if (!List.of("--signature", "--key").contains(pair[0])) {
                return wrong(err, "verify knows only --signature and --key, not " + pair[0] + ".");
            } else if (pair.length == 2) {
                options.put(pair[0], pair[1]);
            } else if (i + 1 < arguments.size()) {
                options.put(argument, arguments.get(++i));
            } else {
                return wrong(err, argument + " needs a file.");
            }
        }
        if (folders.size() != 1 || options.size() != 2) {
            return wrong(err, "write: verify FOLDER --signature FILE.sig --key KEY.pem");
        }
        try {
            return verify(Path.of(folders.getFirst()), options, out);
        } catch (SignedManifest.Unproven | IllegalArgumentException e) {
            out.println("Not verified: " + e.getMessage());
            return 1;
        } catch (IOException e) {
            return wrong(err, "cannot read " + e.getMessage());
        }
    }

    private static int wrong(PrintStream err, String sentence) {
        err.println("atelier: " + sentence);
        return 2;
    }

    private static int verify(Path folder, Map<String, String> options, PrintStream out)
            throws IOException, SignedManifest.Unproven {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": it is no folder");
        }
        var signature = Path.of(String.valueOf(options.get("--signature")));
        var key = Path.of(String.valueOf(options.get("--key")));
        var manifest = SignedManifest.read(text(signature), SigningKey.PublicHalf.parse(text(key)));
        var beside = new HashSet<Path>();
        beside.add(signature.toRealPath());
        beside.add(key.toRealPath());
        var faults = SignedFolder.faults(folder.toRealPath(), manifest, beside);
        if (!faults.isEmpty()) {
            out.printf(
                    "Not verified: %d of what is in %s, or should be, is not as it was signed.%n",
                    faults.size(), folder);
            faults.stream().limit(SHOWN).forEach(fault -> out.println("  " + fault));
            if (faults.size() > SHOWN) {
                out.printf("  and %d more%n", faults.size() - SHOWN);
            }
            return 1;
        }
        out.printf(
                "Verified: the %,d %s of \"%s\" are as they were signed, and there is nothing else.%n",
                manifest.resources().size(),
                manifest.shardSize() == 0 ? "files" : "shards",
                manifest.name());
        return 0;
    }

    private static String text(Path file) throws IOException {
        if (Files.notExists(file)) {
            throw new IOException(file + ": it is not there");
        }
        if (Files.size(file) > LARGEST) {
            throw new IOException(file + ": it is too large");
        }
        return Files.readString(file);
    }
}
