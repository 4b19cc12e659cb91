package dev.atelier.githosts;

import java.util.List;

/** A host on which changes can be proposed. */
public interface Proposing {

    /**
     * Opens a pull or merge request. One that is open for the branch is given back.
     *
     * @param warnings gets sentences about what could not be set of it
     */
    Proposal.Opened propose(Proposal wish, List<String> warnings)
            throws HostFailed, InterruptedException;
}
