package dev.atelier.serving;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How runner processes are started: with which command, environment and confinement. */
final class Sandbox {

    private final RunnerInstallation installation;
    private final SandboxLevel level;
    private final int maxRequest;

    Sandbox(RunnerInstallation installation, SandboxLevel level, int maxRequest) {
        this.installation = installation;
        this.level = level;
        this.maxRequest = maxRequest;
    }

    SandboxLevel level() {
        return level;
    }

    /** The model's folder, as the runner of this slot sees it. */
    Path modelFolder(Path slot) {
        return slot.resolve("model");
    }

    /** All that a runner gets of an environment. ONNX Runtime reports home unless told not to. */
    Map<String, String> environment() {
        return Map.of("ORT_DISABLE_TELEMETRY", "1");
    }

    List<String> command(Path slot) {
        return java(RunnerInstallation.MAIN, slot.resolve("tmp"));
    }

    private List<String> java(String main, Path temporary) {
        var command = new ArrayList<String>();
        command.add(installation.java().resolve("bin/java").toString());
        command.addAll(
                List.of(
                        "-Xmx320m",
                        "-Xss512k",
                        "-XX:MaxDirectMemorySize=160m",
                        "-XX:+UseSerialGC",
                        "-XX:-UsePerfData",
                        "-XX:ReservedCodeCacheSize=32m",
                        "-XX:CompressedClassSpaceSize=32m",
                        "-XX:+DisableAttachMechanism",
                        "-XX:+SuppressFatalErrorMessage",
                        "-Xshare:auto",
                        "-Djava.awt.headless=true",
                        "-Djava.io.tmpdir=" + temporary,
                        "--enable-native-access=ALL-UNNAMED",
                        "-Donnxruntime.native.path=" + installation.folder(),
                        "-Drunner.maxRequest=" + maxRequest,
                        "-cp",
                        installation.jar().toString(),
                        main));
        return command;
    }
}
