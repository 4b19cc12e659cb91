package dev.atelier.githosts;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.List;

/** A portal that offers GitHub, GitLab and Gitea, which are played on this machine. */
public class GitHostsNearby implements QuarkusTestProfile {

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(RecordedHosts.class));
    }
}
