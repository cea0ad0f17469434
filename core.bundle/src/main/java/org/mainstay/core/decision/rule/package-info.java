/** The rules of the decision core, by topic; they work on one step at a time. */
package org.mainstay.core.decision.rule;
