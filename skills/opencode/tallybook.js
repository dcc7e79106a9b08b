// Stops an OpenCode session at a budget. Copy it to ~/.config/opencode/plugins/ or to a project's
// .opencode/plugins/; OpenCode loads what lies there when it starts.
//
// A message is refused before it is sent, a tool before it runs. Which budgets there are is said to
// Tallybook: tally quota set daily --limit 20usd --per day
// It also tells commands that OpenCode runs which session they are in, for `tally session current`.
//
// Written for @opencode-ai/plugin 1.x: `chat.message`, `tool.execute.before` (both refuse by
// throwing) and `shell.env`.

import { spawn } from "node:child_process"

/** Arguments of `tally quota check`. For a limit of each session: "--limit", "5usd". */
const CHECK = ["quota", "check", "--hook", "opencode", "--on-error", "open"]

/** What happens where Tallybook itself can't be run: "open" goes on, "closed" stops. */
const ON_ERROR = "open"

/** A verdict holds so long for the tools of one session, so that none of them waits. */
const HOLDS_MS = 10_000

const LONGEST_MS = 15_000

/** Runs `tally` with a text on its stdin; resolves to what it prints. */
function run(args, input, cwd) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LONGEST_MS)
    const child = spawn("tally", args, { cwd, signal, stdio: ["pipe", "pipe", "ignore"] })
    let said = ""
    child.on("error", reject)
    child.stdin.on("error", () => {}) // it ended without reading: its answer tells
    child.stdout.setEncoding("utf8").on("data", (part) => (said += part))
    child.on("close", () => resolve(said))
    child.stdin.end(input)
  })
}

/** Whether a session may go on, and why not. */
async function verdict(sessionID, event, directory) {
  try {
    const input = JSON.stringify({ session_id: sessionID, hook_event_name: event })
    return JSON.parse(await run(CHECK, input, directory))
  } catch (problem) {
    const reason = `Budget unknown. tally can't be run: ${problem.message}`
    return { allow: ON_ERROR !== "closed", reason }
  }
}

export const Tallybook = async ({ directory }) => {
  const last = new Map()

  async function check(sessionID, event) {
    const now = Date.now()
    let known = event === "tool" ? last.get(sessionID) : undefined
    if (!known || now - known.at > HOLDS_MS) {
      known = { at: now, found: verdict(sessionID, event, directory) }
      last.set(sessionID, known)
    }
    const { allow, reason } = await known.found
    if (!allow) throw new Error(reason)
  }

  return {
    "chat.message": async ({ sessionID }) => check(sessionID, "message"),
    "tool.execute.before": async ({ sessionID }) => check(sessionID, "tool"),
    "shell.env": async ({ sessionID }, output) => {
      if (sessionID) output.env.OPENCODE_SESSION_ID = sessionID
    },
  }
}
