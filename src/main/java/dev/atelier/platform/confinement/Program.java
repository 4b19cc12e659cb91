package dev.atelier.platform.confinement;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A Java program of ours that runs as a child of the portal.
 *
 * @param java the JDK's folder
 * @param folder what it may read: its jar and what else was installed with it
 * @param options of its Java machine
 * @param environment the whole of it: nothing of the portal's own is given on
 * @param escapes main class of the self-test, with what the program itself loads
 */
public record Program(
        Path java,
        Path folder,
        Path jar,
        List<String> options,
        Map<String, String> environment,
        String escapes) {}
