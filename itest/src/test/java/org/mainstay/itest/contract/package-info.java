/** What administrators and scripts may rely on: every command as documented, every refusal with its code and its words. */
package org.mainstay.itest.contract;
