package dev.atelier.platform.doctor;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** The JDK, the processors and the memory. */
public final class MachineCheck implements Check {

    @Override
    public String subject() {
        return "Machine";
    }

    @Override
    public int order() {
        return 10;
    }

    @Override
    public List<Finding> examine(Installation installation) {
        var findings = new ArrayList<Finding>();
        findings.add(
                Finding.ok(
                        "JDK %s (%s) in %s"
                                .formatted(
                                        Runtime.version(),
                                        System.getProperty("java.vendor"),
                                        System.getProperty("java.home"))));
        var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var memory = machine.getTotalMemorySize() >> 20;
        var text =
                "%s on %s, %d processors, %,d MiB of memory"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors(),
                                memory);
        findings.add(
                memory < 2_000
                        ? Finding.warning(
                                text,
                                "The portal, its database and a few models need 2 GiB. Lower"
                                        + " atelier.serving.loaded, or give it more.")
                        : Finding.ok(text));
        return findings;
    }
}
