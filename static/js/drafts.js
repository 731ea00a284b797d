// What is typed and not sent, kept by this browser for each person and conversation.
import { me, tell } from "./session.js";

const prefix = `parley:draft:${me}:`;
const memory = new Map(); // where the browser's storage is full or forbidden

export function draftOf(conversation) {
  try {
    return localStorage.getItem(prefix + conversation) ?? memory.get(conversation) ?? "";
  } catch {
    return memory.get(conversation) ?? "";
  }
}

export function keepDraft(conversation, text) {
  if (text.trim()) memory.set(conversation, text);
  else memory.delete(conversation);
  try {
    if (text.trim()) localStorage.setItem(prefix + conversation, text);
    else localStorage.removeItem(prefix + conversation);
  } catch {
    // Then it lasts as long as this page.
  }
  tell("draft", { conversation });
}
