package dev.atelier.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Walks the opcodes of a Python pickle without executing them and lists what loading it would
 * import. Opcodes as in CPython's {@code pickletools}, protocols 0 to 5.
 *
 * @param imports as {@code module.name}
 * @param computed an import whose name the pickle computes, so that nobody can say what it is
 * @param unreadable why the walk ended before the end; null when it did not
 */
record Pickle(Set<String> imports, boolean computed, @Nullable String unreadable) {

    /** Modules that give whoever writes the pickle the machine of whoever loads it. */
    private static final Set<String> DANGEROUS =
            Set.of(
                    "os",
                    "posix",
                    "nt",
                    "subprocess",
                    "sys",
                    "socket",
                    "shutil",
                    "pty",
                    "commands",
                    "runpy",
                    "code",
                    "codeop",
                    "ctypes",
                    "_ctypes",
                    "importlib",
                    "pickle",
                    "_pickle",
                    "dill",
                    "marshal",
                    "types",
                    "webbrowser",
                    "asyncio",
                    "multiprocessing",
                    "pip",
                    "requests",
                    "urllib",
                    "urllib2",
                    "http",
                    "httplib",
                    "aiohttp",
                    "httpx",
                    "operator",
                    "_operator",
                    "timeit",
                    "cProfile",
                    "profile",
                    "pdb",
                    "bdb",
                    "trace",
                    "doctest",
                    "idlelib",
                    "lib2to3",
                    "smtplib",
                    "ftplib",
                    "telnetlib",
                    "tempfile",
                    "io",
                    "_io",
                    "platform",
                    "venv",
                    "ensurepip",
                    "pydoc",
                    "signal",
                    "threading",
                    "_thread",
                    "inspect",
                    "gc",
                    "site",
                    "zipimport",
                    "pkgutil",
                    "distutils",
                    "setuptools",
                    "uuid",
                    "imaplib",
                    "poplib",
                    "nntplib",
                    "xmlrpc",
                    "ssl",
                    "builtins",
                    "__builtin__",
                    "torch.hub",
                    "torch._dynamo",
                    "torch.utils.bottleneck",
                    "torch.distributed",
                    "numpy.testing",
                    "numpy.f2py",
                    "numpy.distutils");

    private static final Set<String> HARMLESS_BUILTINS =
            Set.of(
                    "set",
                    "frozenset",
                    "dict",
                    "list",
                    "tuple",
                    "int",
                    "float",
                    "complex",
                    "str",
                    "bool",
                    "bytes",
                    "bytearray",
                    "object",
                    "slice",
                    "range",
                    "print",
                    "len",
                    "type",
                    "Ellipsis",
                    "NotImplemented",
                    "long",
                    "unicode",
                    "xrange",
                    "reversed",
                    "map",
                    "zip",
                    "enumerate",
                    "Exception",
                    "ValueError",
                    "TypeError",
                    "KeyError");

    private static final Set<String> EXPECTED =
            Set.of(
                    "numpy",
                    "scipy",
                    "sklearn",
                    "torch",
                    "torchvision",
                    "collections",
                    "copyreg",
                    "copy_reg",
                    "_codecs",
                    "pandas",
                    "xgboost",
                    "lightgbm",
                    "catboost",
                    "joblib",
                    "datetime",
                    "decimal",
                    "fractions",
                    "pathlib",
                    "re",
                    "functools",
                    "builtins",
                    "__builtin__",
                    "transformers",
                    "tokenizers",
                    "keras",
                    "tensorflow",
                    "statsmodels",
                    // What the pickle or the archive around it brings along is told by itself.
                    "cloudpickle",
                    "__torch__");

    /** What {@code torch.load(weights_only=True)} takes: tensors and what holds them. */
    private static final Pattern WEIGHTS =
            Pattern.compile(
                    "collections\\.(OrderedDict|Counter)|_codecs\\.encode"
                            + "|(builtins|__builtin__)\\.(set|bytearray|complex)"
                            + "|torch\\.(\\w+Storage|storage\\.(Typed|Untyped)Storage)"
                            + "|torch\\.(Size|Tensor|device|b?float(16|32|64)?|double|half|u?int(8|16|32|64)|long|bool|complex(64|128))"
                            + "|torch\\._utils\\._rebuild_(tensor|tensor_v2|parameter|sparse_tensor|qtensor|meta_tensor_no_storage)"
                            + "|torch\\._tensor\\._rebuild_from_type_v2"
                            + "|torch\\.nn\\.parameter\\.Parameter");

    private static final Object OTHER = new Object();
    private static final Object MARK = new Object();
    private static final int MOST_ENTRIES = 2_000_000;
    private static final int MOST_IMPORTS = 1_000;

    /** Imports that make a file dangerous to whoever loads it. */
    List<String> dangerous() {
        return imports.stream().filter(Pickle::isDangerous).toList();
    }

    /** Whether it is weights of PyTorch and nothing else, so that no code needs to be run. */
    boolean weightsAlone() {
        return unreadable == null
                && !computed
                && imports.stream().anyMatch(name -> name.startsWith("torch."))
                && imports.stream().allMatch(name -> WEIGHTS.matcher(name).matches());
    }

    /** Whether it brings classes and functions of the script that wrote it. */
    boolean bringsCode() {
        return imports.stream().anyMatch(name -> name.startsWith("cloudpickle."));
    }

    boolean ofPyTorch() {
        return imports.stream()
                .anyMatch(name -> name.startsWith("torch.") || name.startsWith("__torch__."));
    }

    /** Imports that are neither dangerous nor of a library that models are made with. */
    List<String> unexpected() {
        return imports.stream()
                .filter(name -> !isDangerous(name))
                .filter(name -> !EXPECTED.contains(name.split("[. ]", 2)[0]))
                .toList();
    }

    private static boolean isDangerous(String name) {
        int last = name.lastIndexOf('.');
        // "builtins eval" walked as one name would hide: both halves are compared.
        var module = last < 0 ? name : name.substring(0, last);
        if (module.equals("builtins") || module.equals("__builtin__")) {
            return !HARMLESS_BUILTINS.contains(name.substring(last + 1));
        }
        for (int dot = name.length(); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
            var part = name.substring(0, dot);
            if (DANGEROUS.contains(part) && !part.equals("builtins")) {
                return true;
            }
        }
        return false;
    }

    static Pickle walk(InputStream in) throws IOException {
        return new Walk(in).run();
    }

    /** The state of a pickle machine that keeps strings and forgets everything else. */
    private static final class Walk {
        private final BufferedInputStream in;
        private final Set<String> imports = new TreeSet<>();
        private final List<Object> stack = new ArrayList<>();
        private final Map<Long, Object> memo = new HashMap<>();
        private boolean computed;
        private long at;

        Walk(InputStream in) {
            this.in = new BufferedInputStream(in, 64 * 1024);
        }

        Pickle run() throws IOException {
            String fault = null;
            try {
                do {
                    stack.clear();
                    memo.clear();
                    while (step(u1())) {
                        if (stack.size() > MOST_ENTRIES || memo.size() > MOST_ENTRIES) {
                            throw new Broken("is larger than what is walked");
                        }
                    }
                } while (another());
            } catch (EOFException e) {
                fault = "ends in the middle";
            } catch (Broken e) {
                fault = e.getMessage();
            }
            if (fault != null) {
                searchRest();
                fault =
                        "%s at byte %,d; the rest was searched for dangerous names"
                                .formatted(fault, at);
            }
            return new Pickle(imports, computed, fault);
        }

        /** Old PyTorch files hold several pickles one after the other. */
        private boolean another() throws IOException {
            in.mark(1);
            int next = in.read();
            in.reset();
            return next == 0x80;
        }

        private boolean step(int op) throws IOException, Broken {
            switch (op) {
                case '.' -> {
                    return false;
                }
                case '(' -> push(MARK);
                case '0' -> pop();
                case '1', 't', 'l', 'd', 0x91 -> {
                    toMark();
                    if (op != '1') {
                        push(OTHER);
                    }
                }
                case '2' -> push(peek());
                case 'N', ')', ']', '}', 0x88, 0x89, 0x8f, 0x97 -> push(OTHER);
                case 'Q', 0x98 -> replace(1);
                case 'R', 'b', 'a', 0x81 -> replace(2);
                case 's', 0x92 -> replace(3);
                case 'e', 'u', 0x90 -> {
                    toMark();
                    replace(1);
                }
                case 0x85 -> replace(1);
                case 0x86 -> replace(2);
                case 0x87 -> replace(3);
                case 'o' -> {
                    toMark();
                    push(OTHER);
                }
                case 'F', 'I', 'L', 'P' -> {
                    line();
                    push(OTHER);
                }
                case 'S', 'V' -> push(unquoted(line()));
                case 'g' -> push(memo.getOrDefault(longOf(line()), OTHER));
                case 'p' -> memo.put(longOf(line()), peek());
                case 'c' -> {
                    imported(line(), line());
                    push(OTHER);
                }
                case 'i' -> {
                    imported(line(), line());
                    toMark();
                    push(OTHER);
                }
                case 0x93 -> stackGlobal();
                case 0x94 -> memo.put((long) memo.size(), peek());
                case 'h' -> push(memo.getOrDefault((long) u1(), OTHER));
                case 'j' -> push(memo.getOrDefault(u4(), OTHER));
                case 'q' -> memo.put((long) u1(), peek());
                case 'r' -> memo.put(u4(), peek());
                case 'K' -> other(1);
                case 'M' -> other(2);
                case 'J' -> other(4);
                case 'G' -> other(8);
                case 0x80 -> skip(1);
                case 0x95 -> skip(8);
                case 'U' -> text(u1());
                case 0x8c -> text(u1());
                case 'X', 'T' -> text(u4());
                case 0x8d -> text(u8());
                case 'C', 0x8a -> other(u1());
                case 'B', 0x8b -> other(u4());
                case 0x8e, 0x96 -> other(u8());
                case 0x82 -> extension(1);
                case 0x83 -> extension(2);
                case 0x84 -> extension(4);
                default -> throw new Broken("has an unknown opcode");
            }
            return true;
        }

        private void stackGlobal() throws Broken {
            var name = pop();
            var module = pop();
            if (module instanceof String m && name instanceof String n) {
                imported(m, n);
            } else {
                computed = true;
            }
            push(OTHER);
        }

        /** Registered by number in the loading program: nobody can say here what it is. */
        private void extension(int bytes) throws IOException {
            skip(bytes);
            computed = true;
            push(OTHER);
        }

        private void imported(String module, String name) throws Broken {
            imports.add(module + "." + name);
            if (imports.size() > MOST_IMPORTS) {
                throw new Broken("imports more than 1,000 names");
            }
        }

        private void text(long length) throws IOException {
            if (length >= 0 && length <= 512) {
                push(new String(bytes((int) length), UTF_8));
            } else {
                other(length);
            }
        }

        private void other(long bytes) throws IOException {
            skip(bytes);
            push(OTHER);
        }

        private void push(Object value) {
            stack.add(value);
        }

        private Object pop() throws Broken {
            if (stack.isEmpty()) {
                throw new Broken("takes from an empty stack");
            }
            return stack.removeLast();
        }

        private Object peek() throws Broken {
            if (stack.isEmpty()) {
                throw new Broken("looks at an empty stack");
            }
            return stack.getLast();
        }

        private void replace(int popped) throws Broken {
            for (int i = 0; i < popped; i++) {
                pop();
            }
            push(OTHER);
        }

        private void toMark() throws Broken {
            while (pop() != MARK) {
                continue;
            }
        }

        private static Object unquoted(String line) {
            var text = line.strip();
            return text.length() >= 2 && (text.startsWith("'") || text.startsWith("\""))
                    ? text.substring(1, text.length() - 1)
                    : text;
        }

        private static long longOf(String line) throws Broken {
            try {
                return Long.parseLong(line.strip());
            } catch (NumberFormatException e) {
                throw new Broken("has a place in its memo that is no number");
            }
        }

        private int u1() throws IOException {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            at++;
            return b;
        }

        private long u4() throws IOException {
            return little(4);
        }

        private long u8() throws IOException {
            return little(8);
        }

        private long little(int bytes) throws IOException {
            long value = 0;
            for (int i = 0; i < bytes; i++) {
                value |= (long) u1() << (8 * i);
            }
            return value;
        }

        private byte[] bytes(int length) throws IOException {
            var bytes = in.readNBytes(length);
            at += bytes.length;
            if (bytes.length < length) {
                throw new EOFException();
            }
            return bytes;
        }

        private void skip(long length) throws IOException {
            if (length < 0) {
                throw new EOFException();
            }
            in.skipNBytes(length);
            at += length;
        }

        private String line() throws IOException, Broken {
            var line = new StringBuilder();
            for (int b; (b = u1()) != '\n'; ) {
                line.append((char) b);
                if (line.length() > 100_000) {
                    throw new Broken("has an endless line");
                }
            }
            return line.toString();
        }

        /**
         * Where raw arrays stand between the opcodes (joblib), a walk must end; what follows is
         * searched for the names that no model needs.
         */
        private void searchRest() throws IOException {
            var needles =
                    List.of(
                            "posix",
                            "subprocess",
                            "builtins",
                            "__builtin__",
                            "os\nsystem",
                            "os\npopen",
                            "socket",
                            "runpy",
                            "ctypes",
                            "importlib",
                            "webbrowser",
                            "shutil",
                            "__import__");
            var window = new StringBuilder();
            var buffer = new byte[64 * 1024];
            for (int n; (n = in.read(buffer)) > 0; ) {
                window.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                for (var needle : needles) {
                    int found = window.indexOf(needle);
                    // A name stands at the end of a line, or has its length before it.
                    if (found > 0 && looksLikeName(window, found, needle.length())) {
                        imports.add(needle.replace('\n', '.') + ".(found by its name)");
                    }
                }
                if (window.length() > 64) {
                    window.delete(0, window.length() - 64);
                }
            }
        }

        private static boolean looksLikeName(CharSequence window, int at, int length) {
            char before = window.charAt(at - 1);
            return before == length
                    || before == 'c'
                    || before == 'i'
                    || before == '\n'
                    || (before == 0 && at > 3 && window.charAt(at - 4) == length);
        }
    }

    /** The opcodes make no pickle. */
    private static final class Broken extends Exception {
        Broken(String reason) {
            super(reason);
        }
    }
}
