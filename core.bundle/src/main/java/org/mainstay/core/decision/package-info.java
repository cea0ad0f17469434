/**
 * The pure decision core (design.md section 3): {@link org.mainstay.core.decision.DecisionCore#decide} turns a state and an
 * event into a new state and effects. No clock, no thread, no I/O, no random, no logging; equal input gives equal output.
 *
 * <p><b>How it is driven.</b> One thread feeds events. For each decision the runtime
 * <ol>
 *   <li>compares {@code before.own()} with {@code after.own()} (rows and boot id; a different incarnation means the whole
 *       database was replaced) and the copies in {@code peers()}; if anything differs, stores it durably. The own version is
 *       <em>not</em> raised by the core: the runtime continues with {@code state.withOwn(state.own().committed())}. The
 *       {@code LcdDelta}s among the effects announce exactly that version;
 *   <li>then executes the effects in order;
 *   <li>if storing fails: discards the decision and feeds {@code PersistFailed(event, reason)} to the state before.
 * </ol>
 *
 * <table>
 * <caption>Events: who raises them, and which rules answer</caption>
 * <tr><th>event</th><th>raised by</th><th>rules</th></tr>
 * <tr><td>Started</td><td>runtime, first</td><td>Starting: boot id, what to adopt, start-up wait</td></tr>
 * <tr><td>SettingsChanged</td><td>runtime, tunables file</td><td>-</td></tr>
 * <tr><td>PathState, PeerInfo</td><td>guard</td><td>Replication; "a peer is down" is a condition all rules look at</td></tr>
 * <tr><td>SessionOpened, SessionClosed</td><td>comm</td><td>Replication: exchange of databases</td></tr>
 * <tr><td>MessageReceived</td><td>comm</td><td>Replication, Claims, Handovers, Agreements, Requests, Confirmations</td></tr>
 * <tr><td>HandlesKnown</td><td>runner, answers FindHandles</td><td>Restoring</td></tr>
 * <tr><td>ActionFinished</td><td>runner, answers RunAction</td><td>Restoring, Removing, Failover, Requests</td></tr>
 * <tr><td>ProbeFinished</td><td>runner, answers Probe</td><td>Starting (adoption), Removing (escalation)</td></tr>
 * <tr><td>KillFinished</td><td>guard, answers RunKillHandles</td><td>Removing</td></tr>
 * <tr><td>CheckFailed</td><td>monitors</td><td>Failover</td></tr>
 * <tr><td>StorageLost</td><td>guard, lost reservation</td><td>Failover, never in place</td></tr>
 * <tr><td>TimerFired</td><td>runtime, answers StartTimer</td><td>the rule that started it</td></tr>
 * <tr><td>Requested</td><td>administration, shells</td><td>Requests and the rule of the request</td></tr>
 * <tr><td>KitAppeared, KitGone</td><td>kit registry</td><td>Eligibility, Starting, Outdated</td></tr>
 * <tr><td>RightChanged</td><td>guard</td><td>RightRules: the right to run and its loss</td></tr>
 * <tr><td>Lapsed, Withheld, WitnessSaid, GuardAway</td><td>guard</td><td>Grants; conditions of Verdicts</td></tr>
 * <tr><td>PeerSighted, CutOff</td><td>quorum.bundle</td><td>Verdicts</td></tr>
 * <tr><td>SafetyAway</td><td>runtime, for quorum.bundle</td><td>Verdicts, Fencing</td></tr>
 * <tr><td>FenceFinished</td><td>quorum.bundle, answers Fence</td><td>Fencing</td></tr>
 * <tr><td>PersistFailed, PersistOverdue, PersistRecovered</td><td>store</td><td>Rules: changes wait or are refused; overdue is told only</td></tr>
 * </table>
 *
 * <table>
 * <caption>Effects</caption>
 * <tr><th>effect</th><th>executed by</th><th>answered by</th></tr>
 * <tr><td>RunAction</td><td>runner; checks {@code rightUntil} immediately before</td><td>ActionFinished, always</td></tr>
 * <tr><td>CancelAction</td><td>runner</td><td>the ActionFinished of that action</td></tr>
 * <tr><td>FindHandles</td><td>runner</td><td>HandlesKnown, always</td></tr>
 * <tr><td>Probe</td><td>runner</td><td>ProbeFinished, always</td></tr>
 * <tr><td>RunKillHandles</td><td>guard</td><td>KillFinished, always</td></tr>
 * <tr><td>Send</td><td>comm, within the session</td><td>-</td></tr>
 * <tr><td>StartTimer, CancelTimer</td><td>runtime, monotonic</td><td>TimerFired</td></tr>
 * <tr><td>Monitor</td><td>monitors</td><td>CheckFailed</td></tr>
 * <tr><td>Answer, Progress</td><td>whoever asked</td><td>-</td></tr>
 * <tr><td>Notify</td><td>event log</td><td>-</td></tr>
 * <tr><td>Withhold, Allow</td><td>guard</td><td>Withheld; asked again if it does not come</td></tr>
 * <tr><td>Fence</td><td>quorum.bundle</td><td>FenceFinished, always</td></tr>
 * <tr><td>GiveUpFencing</td><td>quorum.bundle</td><td>nothing</td></tr>
 * <tr><td>Quarantine</td><td>guard, which ends this manager</td><td>-</td></tr>
 * <tr><td>PhaseChanged</td><td>life cycle; STOPPED ends the loop</td><td>-</td></tr>
 * </table>
 *
 * <p><b>How it decides.</b> The rules (package {@code rule}) change a working copy and are applied until nothing changes any
 * more, after every event: nothing depends on having seen a particular event. What must survive a crash is in the own
 * database; what servers agree on they read from each other's replicated databases.
 *
 * <p><b>Once, never twice</b> (design.md section 10). Whether anything may run here is
 * {@link org.mainstay.core.decision.state.RightToRun}, a lease the guard renews. Whether what another server had may be taken is
 * {@code rule.Verdicts#gone}, a condition of the present state and no event. Who may own a group is decided by promises
 * ({@code rule.Claims}, {@code rule.Promises}): durable before they are given, counted where the right is a lease, and given only when
 * no other server of the group can be running it. {@code rule.Grants} keeps the right from a server that has to learn of them first.
 */
package org.mainstay.core.decision;
